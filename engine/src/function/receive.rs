//! Selective receive: patterns in place of a test.

/// Takes the first message that one of these patterns matches, and gives what its arm gives: `Result<R, RecvError>`, in an `async`
/// function actor. Those that none matches stay in the [`Inbox`](crate::Inbox), in order, and are what the next receive looks at first;
/// while this one waits only new ones are looked at.
///
/// ```text
/// receive!(inbox, {
///     Pattern(binding) if guard => value,
///     Other { .. } => { .. }
///     after duration => value,
/// })
/// ```
///
/// Patterns bind by value, as in a `match` on the message; a guard may read what they bind, and is evaluated once for each
/// message that its pattern matches. Arms may `await`, `return`, `break`, and use `?` and the inbox: the receive is over by then. With
/// `after`, which comes last, the time that a message is waited for is limited, and its arm runs once it is up; zero
/// takes what there is and does not wait ([`Inbox::recv_within`](crate::Inbox::recv_within) says how). Patterns that match anything make a plain receive.
///
/// What is left counts against the bound of the mailbox, and is queued in the ledger; while anything is, nobody is suspended on
/// this actor, and sends beyond its capacity are refused as full. Costs the tests, and a move of each message that is looked at.
///
/// # Errors
/// [`RecvError::SavedFull`](crate::RecvError::SavedFull) when none matches and as many are kept as the mailbox may hold: take some by
/// [`Inbox::recv`](crate::Inbox::recv). [`RecvError::Stopped`](crate::RecvError::Stopped) when none matches and the actor is to stop. Time that is up without an
/// `after` is not possible.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{RecvError, System, receive};
///
/// enum Msg {
///     Text(String),
///     Number(u64),
///     Done,
/// }
///
/// let mut inline = System::builder().inline_virtual();
/// let (address, join) = inline.spawn_fn(async |mut inbox| {
///     let least = 10;
///     // Over the text, and over a number that is too small.
///     let number = receive!(inbox, {
///         Msg::Number(n) if n >= least => n,
///         Msg::Done => return Err("nothing came".to_string()),
///     });
///     // From the beginning again.
///     let text = receive!(inbox, { Msg::Text(text) => text }).map_err(|error| error.to_string())?;
///     let more = receive!(inbox, {
///         Msg::Text(_) => true,
///         after Duration::from_secs(1) => false,
///     });
///     assert_eq!(inbox.saved(), 1);
///     Ok((number, text, more))
/// });
/// for message in [Msg::Text("first".into()), Msg::Number(3), Msg::Number(30)] {
///     assert!(address.try_send(message).is_ok());
/// }
/// inline.advance(Duration::from_secs(1));
/// assert_eq!(join.wait().unwrap(), Ok((Ok(30), "first".to_string(), Ok(false))));
/// ```
#[macro_export]
macro_rules! receive {
    ($inbox:expr, { $($arms:tt)+ }) => {
        $crate::__receive!(@arms $inbox; []; 0; $($arms)+)
    };
}

/// Takes the arms apart, and numbers them.
#[doc(hidden)]
#[macro_export]
macro_rules! __receive {
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr;) => {
        $crate::__receive!(@whole $inbox; [$($done)*]; ::core::option::Option::None;)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; after $within:expr => $body:expr $(,)?) => {
        $crate::__receive!(@whole $inbox; [$($done)*]; ::core::option::Option::Some($within);
            ::core::result::Result::Err($crate::RecvError::Timeout) => ::core::result::Result::Ok($body),)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat if $guard:expr => $body:block, $($rest:tt)*) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, $guard, $body)]; $n + 1; $($rest)*)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat if $guard:expr => $body:block $($rest:tt)*) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, $guard, $body)]; $n + 1; $($rest)*)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat if $guard:expr => $body:expr) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, $guard, $body)]; $n + 1;)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat if $guard:expr => $body:expr, $($rest:tt)*) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, $guard, $body)]; $n + 1; $($rest)*)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat => $body:block, $($rest:tt)*) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, true, $body)]; $n + 1; $($rest)*)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat => $body:block $($rest:tt)*) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, true, $body)]; $n + 1; $($rest)*)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat => $body:expr) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, true, $body)]; $n + 1;)
    };
    (@arms $inbox:expr; [$($done:tt)*]; $n:expr; $pattern:pat => $body:expr, $($rest:tt)*) => {
        $crate::__receive!(@arms $inbox; [$($done)* ($n, $pattern, true, $body)]; $n + 1; $($rest)*)
    };
    (@whole $inbox:expr; [$(($n:expr, $pattern:pat, $guard:expr, $body:expr))*]; $within:expr; $($late:tt)*) => {{
        let received = $inbox
            .select($within, |message| {
                let mut arm = ::core::option::Option::None;
                #[allow(
                    unused_variables,
                    unused_mut,
                    unreachable_patterns,
                    reason = "each guard ends in false: a pattern that binds by value is tried, and nothing is moved"
                )]
                match message {
                    $($pattern if $guard && { arm = ::core::option::Option::Some($n); true } && false => ::core::unreachable!(),)*
                    _ => {}
                }
                (message, arm)
            })
            .await;
        #[allow(
            unreachable_code,
            clippy::diverging_sub_expression,
            reason = "an arm may leave by `return` or `break`"
        )]
        let given = match received {
            ::core::result::Result::Ok((arm, message)) => ::core::result::Result::Ok(match message {
                $($pattern if arm == $n => $body,)*
                _ => ::core::unreachable!("a message matches the arm that took it"),
            }),
            $($late)*
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        };
        given
    }};
}

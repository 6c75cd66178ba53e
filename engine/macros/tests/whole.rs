//! What is allowed, at its oddest: all of it compiles without a warning, and works.

#![allow(clippy::needless_arbitrary_self_type, reason = "the odd forms of `self` are what is tried here")]
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms)]

use std::collections::HashMap;
use std::fmt::Debug;
use throng::{AskError, Batch, Context, Directive, Fault, Lane, Options, Reply, System};

mod cache {
    use super::*;

    /// Its own type in its messages, and what nobody else can name.
    struct Secret;

    type Callback = Box<dyn Fn(&str) -> bool + Send>;

    #[derive(Default)]
    pub(crate) struct Cache<K, V, W, const N: usize> {
        kept: HashMap<K, [V; N]>,
        pub(crate) writer: W,
    }

    #[throng::proxy(message = Letter, address = Entrance)]
    impl<K, V: Clone + Send + 'static, W, const N: usize> Cache<K, V, W, N>
    where
        K: std::hash::Hash + Eq + Send + 'static,
        W: Send + Debug + 'static,
    {
        pub(crate) fn put(&mut self, key: K, mut values: [V; N]) {
            values.reverse();
            self.kept.insert(key, values);
        }

        pub(crate) fn get(&self, key: K) -> Option<[V; N]> {
            self.kept.get(&key).cloned()
        }

        /// A raw name, and names that the attribute uses itself.
        pub(crate) fn r#type(
            &mut self,
            cx: u8,
            message: u8,
            reply: u8,
            then: u8,
            context: &mut Context<'_, Self>,
        ) -> u8 {
            let _ = context.me();
            cx + message + reply + then
        }

        pub(crate) fn hidden(&mut self, call: Callback, pointer: fn(&str) -> usize) -> (bool, usize) {
            (call("a"), pointer("abc"))
        }

        pub(crate) fn merge(&mut self, other: Self) -> Result<usize, Fault> {
            self.kept.extend(other.kept);
            Ok(self.kept.len())
        }

        fn secret(&mut self, _secret: Secret) {}

        #[cfg(not(any()))]
        pub(crate) fn only_here(self: &mut Self) -> Result<u8, std::fmt::Error> {
            Err(std::fmt::Error)
        }

        #[cfg(any())]
        pub(crate) fn nowhere(&mut self) -> NoSuchType {}

        #[hook]
        fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
            Directive::Resume
        }

        #[hook]
        fn options() -> Options {
            Options::builder().capacity(7).hard(9).low(2).build().expect("they go together")
        }
    }

    pub(crate) fn tell_secret(cache: Entrance<u8, u8, String, 2>) {
        cache.secret(Secret).expect("there is room");
    }
}

struct Bell(Vec<u8>);

#[throng::proxy]
impl Bell {
    fn ring(&mut self, n: u8) {
        self.0.push(n);
    }

    fn add(&mut self, reply: Reply<u8>, n: u8) {
        reply.send(n);
    }

    #[hook]
    fn lane(&self, message: &BellMsg) -> Lane {
        if matches!(message, BellMsg::Ring(0)) { Lane::Urgent } else { Lane::Normal }
    }

    #[hook]
    fn handle_batch(
        &mut self,
        batch: &mut Batch<'_, BellMsg>,
        _: &mut Context<'_, Self>,
    ) -> Result<(), Fault> {
        let _ = batch.count();
        Ok(())
    }
}

/// From a macro, whose types come in brackets that nobody sees.
macro_rules! actor {
    ($name:ident, $ty:ty, $answer:ty, $context:ty) => {
        struct $name;
        #[throng::proxy]
        impl $name {
            fn echo(&mut self, value: $ty, _cx: $context) -> $answer {
                Ok(value)
            }
        }
    };
}

actor!(Echo, String, Result<String, Fault>, &mut Context<'_, Echo>);

#[test]
fn the_oddest_that_is_allowed_works() {
    let mut inline = System::builder().inline();
    let cache = inline.spawn(cache::Cache::<u8, u8, String, 2>::default()).proxy();
    assert!(cache::Cache::<u8, u8, String, 2>::default().writer.is_empty());
    cache.put(1, [2, 3]).unwrap();
    cache::tell_secret(cache);
    inline.run_until_idle();
    assert_eq!(inline.system().ledger().handled, 2);

    let system = System::builder().workers(1).build().unwrap();
    let cache = system.spawn(cache::Cache::<u8, u8, String, 2>::default()).proxy();
    cache.put(1, [2, 3]).unwrap();
    assert_eq!(cache.get(1).wait(), Ok(Some([3, 2])));
    assert_eq!(cache.r#type(1, 2, 3, 4).wait(), Ok(10));
    assert_eq!(cache.hidden(Box::new(|text| text == "a"), str::len).wait(), Ok((true, 3)));
    assert_eq!(cache.merge(cache::Cache::default()).wait(), Ok(1));
    assert_eq!(cache.only_here().wait(), Ok(Err(std::fmt::Error)));

    let bell = system.spawn(Bell(Vec::new())).proxy();
    bell.ring(1).unwrap();
    // A reply that is not the last argument is carried like any other.
    let carried = bell.ask(|reply| BellMsg::Add(reply, 5));
    assert_eq!(carried.wait(), Ok(5));

    assert_eq!(system.spawn(Echo).proxy().echo("so".into()).wait(), Ok("so".to_string()));
    let _ = bell.stop();
    assert!(matches!(bell.barrier().wait(), Ok(()) | Err(AskError::Refused(_) | AskError::Dropped)));
    system.abort();
}

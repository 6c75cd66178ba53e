//! The attribute `proxy` of the actor engine `throng`, which exports it: use it from there.
//!
//! An attribute sees how things are written, not what they are; so `Context`, `Reply`, `Result` and `Fault` are known by
//! their names. Everything it writes is what a user would write by hand, and compiles to the same.

mod names;

mod types;

mod options;

mod method;

mod block;

mod write;

use block::Block;
use options::Options;
use proc_macro::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, Item, ItemImpl, Type};

/// Typed proxies: methods in place of messages.
///
/// Put on an `impl` block of an actor's state, it writes the message type, `impl Actor` and an address with methods. Each
/// method of the block is a message; functions that are none belong into another block.
///
/// ```
/// use std::time::Duration;
/// use throng::{Context, Fault, System};
///
/// struct Counter {
///     n: u64,
/// }
///
/// #[throng::proxy]
/// impl Counter {
///     /// Adds.
///     fn add(&mut self, n: u64) {
///         self.n += n;
///     }
///
///     /// How much it is.
///     fn get(&self) -> u64 {
///         self.n
///     }
///
///     /// Sets it back and stops.
///     fn finish(&mut self, cx: &mut Context<'_, Self>) -> Result<u64, Fault> {
///         if self.n == 0 {
///             return Err(Fault::msg("nothing was counted"));
///         }
///         cx.stop();
///         Ok(std::mem::take(&mut self.n))
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(2).build()?;
/// let counter = system.spawn(Counter { n: 0 }).proxy();
/// counter.add(3)?;
/// counter.add(4)?;
/// assert_eq!(counter.get().wait()?, 7);
/// assert_eq!(counter.finish().wait()?, 7);
/// system.shutdown(Duration::from_secs(1))?;
/// assert!(counter.add(1).is_err());
/// # Ok(())
/// # }
/// ```
///
/// # What a method is
/// It takes `&mut self` or `&self`, arguments that own what they are, and where it wants `&mut Context<'_, Self>`. What it
/// returns says what kind of message it is:
///
/// | the method | is | on the address |
/// |---|---|---|
/// | `fn add(&mut self, n: u64)` | one way | `add(n) -> Result<(), SendError<CounterMsg>>` |
/// | `fn add(&mut self, n: u64) -> Result<(), Fault>` | one way; its error is the actor's failure | the same |
/// | `fn get(&mut self) -> T` | asked | `get() -> Ask<CounterMsg, T>`: await it, or call `wait` |
/// | `fn get(&mut self) -> Result<T, Fault>` | asked; an error is the actor's failure, and the ask ends as `AskError::Dropped` | the same |
/// | `fn get(&mut self, reply: Reply<T>)`, last | asked; answers when it likes, also after it has returned | the same |
/// | `#[ask] fn flush(&mut self)` | asked; the answer says that it is done | `flush() -> Ask<CounterMsg, ()>` |
///
/// A `Result` with any other error than `Fault` is an answer like any other, and no failure. A panic is a failure, as in any
/// handler.
///
/// Each message has a second method on the address, for handlers, whose name ends in `_from`. `add_from(cx, n)` sends as
/// `Context::send`, so that back-pressure travels. `get_from(cx, then)` asks as `Context::ask`: `then` makes a message of the
/// asker's own from the outcome; with another deadline, `cx.ask_within(soon, counter.address(), CounterMsg::Get, then)`. Both
/// are `pub` if the method is. So an actor queues messages of its own behind its mailbox: `cx.me().proxy().add_from(cx, 1)`;
/// and the variants are functions, which asks and timers take.
///
/// ```
/// use throng::{Context, Fault, Outcome, System};
/// # struct Counter { n: u64 }
/// # #[throng::proxy]
/// # impl Counter {
/// #     fn add(&mut self, n: u64) { self.n += n; }
/// #     fn get(&self) -> u64 { self.n }
/// # }
///
/// struct Reader {
///     counter: CounterAddress,
///     heard: Vec<u64>,
/// }
///
/// #[throng::proxy]
/// impl Reader {
///     #[hook]
///     fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
///         self.counter.add_from(cx, 5)?;
///         self.counter.get_from(cx, ReaderMsg::Heard)?;
///         Ok(())
///     }
///
///     fn heard(&mut self, outcome: Outcome<u64>) -> Result<(), Fault> {
///         self.heard.push(outcome?);
///         Ok(())
///     }
///
///     #[hook]
///     fn stopped(&mut self, _: &mut Context<'_, Self>) {
///         assert_eq!(self.heard, [5]);
///     }
/// }
///
/// # fn main() {
/// let mut inline = System::builder().inline();
/// let counter = inline.spawn(Counter { n: 0 }).proxy();
/// let reader = inline.spawn(Reader { counter, heard: Vec::new() });
/// inline.run_until_idle();
/// let _ = reader.stop();
/// inline.run_until_idle();
/// assert_eq!((inline.system().ledger().handled, inline.system().ledger().faults), (3, 0));
/// # }
/// ```
///
/// # Hooks
/// What else the trait `Actor` has (`started`, `stopped`, `failed`, `options`, `lane`, ..) is written in the block as it is
/// there and marked `#[hook]`: it goes into `impl Actor` unchanged.
///
/// # What is written
/// For `Counter`: an enum `CounterMsg` with a variant for each method (`add_all` is `AddAll`), which carries the arguments in
/// their order and then the `Reply`; `impl Actor for Counter`, whose `handle` is one `match`; and `CounterAddress`, an
/// `Address<CounterMsg>` of its own type, `Copy`, 8 bytes. It comes from `Address::proxy` or `From`, and goes back with
/// `address()`. All that an `Address` can do it can too: `counter.stop()`, or `counter.send_timeout(CounterMsg::Add(3), soon)`
/// where another way of sending is wanted. Nothing is boxed, and no call goes through a table: a message is as
/// large, and handled as quickly, as if all of this was written by hand. Bounds and generics of the block go where they are
/// needed.
///
/// | option | is | without it |
/// |---|---|---|
/// | `message = Name` | the name of the enum | that of the state and `Msg` |
/// | `address = Name` | the name of the address | that of the state and `Address` |
/// | `visibility = pub(crate)` | who sees both; needed where the state is seen further than its methods, as `CounterMsg` would be "private in a public interface" | the widest of a method |
/// | `crate = path` | where the engine is found | `::throng` |
///
/// A method of the address is seen as far as the method it is for. The state has no field on the address. Who sees the
/// message type can send any variant of it: as with one that is written by hand, keep it where it belongs.
///
/// # Errors
/// What cannot be a message (generics, `async`, borrowed arguments, a name that each address has already, ..) is told by the
/// compiler at its place, with what to write instead; several at once.
#[proc_macro_attribute]
pub fn proxy(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options.into(), item.into()).into()
}

/// The attribute, on tokens that a test can make.
fn expand(options: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let (block, told) = match declared(item.clone()) {
        Ok(block) => (block.clone(), Options::parse(options).and_then(|options| Block::read(options, block))),
        // What was written is there for the rest of the program all the same.
        Err(error) => {
            let told = error.into_compile_error();
            return quote!(#item #told);
        }
    };
    match told {
        Ok((read, fault)) => {
            let (written, told) = (write::all(&read), fault.map(Error::into_compile_error));
            quote!(#written #told)
        }
        Err(error) => {
            // The block of what can have none would be told of once more.
            let block = matches!(*block.self_ty, Type::Path(_)).then(|| block::unmarked(block));
            let told = error.into_compile_error();
            quote!(#block #told)
        }
    }
}

fn declared(item: proc_macro2::TokenStream) -> Result<ItemImpl, Error> {
    match syn::parse2(item)? {
        Item::Impl(block) => Ok(block),
        other => Err(Error::new(
            other.span(),
            "`proxy` goes on the `impl` block whose methods are the messages, as `#[throng::proxy] impl Counter { .. }`",
        )),
    }
}

#[cfg(test)]
mod tests;

//! From an address to its proxy: an address with a method for each message.

use super::address::Address;

/// A message type whose addresses have a proxy: a type with a method for each message. The attribute [`proxy`](macro@crate::proxy)
/// writes it, and so can anybody by hand; it costs nothing.
///
/// # Examples
/// ```
/// use throng::{Actor, Address, Context, Fault, Proxied, SendError, System};
///
/// struct Lamp(bool);
///
/// struct Switch(bool);
///
/// #[derive(Clone, Copy)]
/// struct LampAddress(Address<Switch>);
///
/// impl From<Address<Switch>> for LampAddress {
///     fn from(address: Address<Switch>) -> Self {
///         Self(address)
///     }
/// }
///
/// impl Proxied for Switch {
///     type Proxy = LampAddress;
/// }
///
/// impl LampAddress {
///     fn switch(self, on: bool) -> Result<(), SendError<Switch>> {
///         self.0.try_send(Switch(on))
///     }
/// }
///
/// impl Actor for Lamp {
///     type Msg = Switch;
///     fn handle(&mut self, Switch(on): Switch, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         self.0 = on;
///         Ok(())
///     }
/// }
///
/// let mut inline = System::builder().inline();
/// let lamp = inline.spawn(Lamp(false)).proxy();
/// assert!(lamp.switch(true).is_ok());
/// inline.run_until_idle();
/// assert_eq!(inline.system().ledger().handled, 1);
/// ```
pub trait Proxied: Sized {
    /// The address with methods.
    type Proxy: From<Address<Self>>;
}

impl<M: Proxied> Address<M> {
    /// The same address with a method for each message. A handler has its own as `cx.me().proxy()`.
    #[inline]
    pub fn proxy(self) -> M::Proxy {
        self.into()
    }
}

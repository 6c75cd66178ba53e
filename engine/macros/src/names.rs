//! Names: a variant from a method's name, and which names are taken.

use proc_macro2::Ident;
use syn::ext::IdentExt;

/// The methods of `throng::Address`, which every generated address has too. `tests/names.rs` holds this against the engine.
pub(crate) const OF_ADDRESS: &[&str] = &[
    "ask",
    "barrier",
    "id",
    "is_alive",
    "kill",
    "pending",
    "proxy",
    "recipient",
    "resume",
    "send",
    "send_async",
    "send_timeout",
    "status",
    "stop",
    "stop_now",
    "suspend",
    "try_send",
];

/// What a generated address has beside them.
const OF_GENERATED: &[&str] = &["address", "clone", "deref", "from", "into"];

/// The methods of `throng::Actor`. `tests/names.rs` holds this against the engine.
pub(crate) const OF_ACTOR: &[&str] =
    &["failed", "flow_opened", "handle", "handle_batch", "lane", "options", "started", "stopped"];

/// Whether an address has a method of this name that is no message.
pub(crate) fn is_of_address(name: &str) -> bool {
    OF_ADDRESS.contains(&name) || OF_GENERATED.contains(&name)
}

/// Whether the trait has a method of this name.
pub(crate) fn is_hook(name: &str) -> bool {
    OF_ACTOR.contains(&name)
}

/// `get_all` as `GetAll`. A name without letters stays as it is.
pub(crate) fn variant(method: &Ident) -> String {
    let name = method.unraw().to_string();
    let mut variant = String::with_capacity(name.len());
    for word in name.split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            variant.extend(first.to_uppercase());
            variant.push_str(letters.as_str());
        }
    }
    variant
}

/// `get` as `get_from`: the form for handlers.
pub(crate) fn in_handler(method: &Ident) -> Ident {
    Ident::new(&format!("{}_from", method.unraw()), method.span())
}

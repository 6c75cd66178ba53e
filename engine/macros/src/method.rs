//! One method as a message: what it takes, what it answers, and what cannot be one.

use crate::names;
use crate::types::{self, AsContext};
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Error, FnArg, ImplItemFn, Pat, PatType, ReceiverKind, Safety, Type, Visibility};

/// A method that is a message.
pub(crate) struct Method {
    pub(crate) name: Ident,
    pub(crate) variant: Ident,
    pub(crate) visibility: Visibility,
    /// The documentation, and the conditions under which it is compiled.
    pub(crate) docs: Vec<Attribute>,
    pub(crate) conditions: Vec<Attribute>,
    /// In the order in which the method takes them.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) answer: Option<Answer>,
    /// Its error is the actor's.
    pub(crate) fails: bool,
}

/// What a method takes, after itself.
pub(crate) enum Parameter {
    Argument(Ident, Box<Type>),
    Context,
    Reply,
}

/// What is answered.
pub(crate) enum Answer {
    /// Nothing but that it is done.
    Done,
    /// What the method returns.
    Returned(Type),
    /// What the method sends with the reply that it is given.
    Sent(Type),
}

impl Method {
    /// The values that the message carries.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = (&Ident, &Type)> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Argument(name, ty) => Some((name, &**ty)),
            Parameter::Context | Parameter::Reply => None,
        })
    }

    /// Reads a method; `asked` if it is marked `#[ask]`. Tells everything that is wrong at once.
    pub(crate) fn read(method: &ImplItemFn, asked: bool) -> Result<Self, Error> {
        let mut faults = Faults(None);
        let signature = &method.sig;
        let name = &signature.ident;
        if let Some(token) = &signature.asyncness {
            faults.add(
                token,
                "a handler runs to its end and does not wait: leave off `async`; to answer later, take a \
                 `Reply<T>` as the last argument and keep it",
            );
        }
        if let Safety::Unsafe(token) = &signature.safety {
            faults.add(token, "a message is sent by safe code: leave off `unsafe`");
        }
        if !signature.generics.params.is_empty() || signature.generics.where_clause.is_some() {
            let at = match &signature.generics.where_clause {
                Some(clause) if signature.generics.params.is_empty() => clause.to_token_stream(),
                _ => signature.generics.params.to_token_stream(),
            };
            faults.add(
                at,
                "a message has one type: a method that is one has no generics; put them on the `impl` block, or \
                 name a type",
            );
        }
        if let Some(variadic) = &signature.variadic {
            faults.add(variadic, "a message has as many arguments as are written down");
        }
        faults.check(receiver(method));
        faults.check(free(name));

        let mut parameters = Vec::new();
        for input in &signature.inputs {
            if let FnArg::Typed(typed) = input {
                match parameter(typed) {
                    Ok(parameter) => parameters.push(parameter),
                    Err(error) => faults.check(Err(error)),
                }
            }
        }
        if parameters.iter().filter(|parameter| matches!(parameter, Parameter::Context)).count() > 1 {
            faults.add(&signature.inputs, "there is one context: take it once");
        }
        let (returned, fails) = types::returned(&signature.output);
        if let Some(ty) = returned {
            faults.check(types::owned(ty, "an answer"));
        }
        let answer = match (reply(&mut parameters), returned) {
            (Some(_), Some(ty)) => {
                faults.add(
                    ty,
                    "a method that is given the `Reply` answers with that: return nothing, or `Result<(), Fault>`",
                );
                None
            }
            (Some(ty), None) => Some(Answer::Sent(ty)),
            (None, Some(ty)) => Some(Answer::Returned(ty.clone())),
            (None, None) => asked.then_some(Answer::Done),
        };
        // Told of above, if it is no name.
        let variant = syn::parse_str::<Ident>(&names::variant(name)).map_or_else(
            |_| name.clone(),
            |mut variant| {
                variant.set_span(name.span());
                variant
            },
        );
        let of = |name: &str| {
            method.attrs.iter().filter(|attribute| attribute.path().is_ident(name)).cloned().collect()
        };
        faults.none(Self {
            variant,
            name: name.clone(),
            visibility: method.vis.clone(),
            docs: of("doc"),
            conditions: of("cfg"),
            parameters,
            answer,
            fails,
        })
    }
}

/// Everything that is wrong.
pub(crate) struct Faults(pub(crate) Option<Error>);

impl Faults {
    pub(crate) fn add(&mut self, at: impl ToTokens, words: impl std::fmt::Display) {
        self.check(Err(Error::new_spanned(at, words)));
    }

    pub(crate) fn check(&mut self, outcome: Result<(), Error>) {
        if let Err(error) = outcome {
            match &mut self.0 {
                Some(all) => all.combine(error),
                none => *none = Some(error),
            }
        }
    }

    fn none<T>(self, value: T) -> Result<T, Error> {
        self.0.map_or(Ok(value), Err)
    }
}

fn receiver(method: &ImplItemFn) -> Result<(), Error> {
    let Some(receiver) = method.sig.receiver() else {
        return Err(Error::new(
            method.sig.ident.span(),
            "a message is handled by an actor's state: take `&mut self`, mark what the `Actor` trait has as `#[hook]`, \
             or move the function to another `impl` block",
        ));
    };
    match &receiver.kind {
        ReceiverKind::Reference(..) => Ok(()),
        ReceiverKind::Typed(_, ty) if matches!(types::bare(ty), Type::Reference(_)) => Ok(()),
        _ => Err(Error::new_spanned(
            receiver,
            "a handler borrows the state, which the engine keeps: take `&mut self`; to end the actor call `cx.stop()`",
        )),
    }
}

/// Whether the name can be a message's.
fn free(name: &Ident) -> Result<(), Error> {
    let plain = name.unraw().to_string();
    let words = if names::is_hook(&plain) {
        if plain == "handle" {
            "`handle` is what `proxy` writes: name the message otherwise".into()
        } else {
            format!("`{plain}` is a hook of `Actor`: mark it `#[hook]`, or name the message otherwise")
        }
    } else if names::is_of_address(&plain) {
        format!("every address has a method `{plain}` of its own: name the message otherwise")
    } else if syn::parse_str::<Ident>(&names::variant(name)).is_err() {
        format!("`{plain}` gives no name for a variant of the message: name it otherwise")
    } else {
        return Ok(());
    };
    Err(Error::new(name.span(), words))
}

fn parameter(typed: &PatType) -> Result<Parameter, Error> {
    match types::as_context(&typed.ty) {
        AsContext::Yes => return Ok(Parameter::Context),
        AsContext::Wrongly => {
            return Err(Error::new_spanned(&typed.ty, "the context is lent: take `&mut Context<'_, Self>`"));
        }
        AsContext::No => {}
    }
    let mut faults = Faults(None);
    let name = match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        pat => {
            faults.add(
                pat,
                "an argument of a message has a name, which the address's method shows: take it apart in the body",
            );
            None
        }
    };
    faults.check(types::owned(&typed.ty, "an argument of a message"));
    let name = name.cloned().unwrap_or_else(|| Ident::new("unnamed", Span::call_site()));
    faults.none(Parameter::Argument(name, typed.ty.clone()))
}

/// Takes the reply out of what a method takes: if the last argument is one.
fn reply(parameters: &mut [Parameter]) -> Option<Type> {
    let last = parameters.iter_mut().rev().find(|parameter| !matches!(parameter, Parameter::Context))?;
    let Parameter::Argument(_, ty) = last else { return None };
    let answer = types::reply_of(types::bare(ty))?.clone();
    *last = Parameter::Reply;
    Some(answer)
}

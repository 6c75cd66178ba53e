//! The whole declaration: an `impl` block, its hooks and its messages.

use crate::method::{Faults, Method};
use crate::names;
use crate::options::Options;
use crate::types;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{
    Attribute, Error, GenericParam, Generics, ImplItem, ImplItemFn, ItemImpl, Meta, Path, Type, Visibility,
    WherePredicate,
};

/// What is to be written.
pub(crate) struct Block {
    pub(crate) engine: Path,
    pub(crate) message: Ident,
    pub(crate) address: Ident,
    pub(crate) visibility: Visibility,
    /// Under which conditions all of it is compiled.
    pub(crate) conditions: Vec<Attribute>,
    /// The type whose block it is.
    pub(crate) state: TokenStream,
    pub(crate) generics: Generics,
    /// Of them, what the messages mention.
    pub(crate) mentioned: Generics,
    pub(crate) methods: Vec<Method>,
    /// They go into the `impl` of the trait, as they are.
    pub(crate) hooks: Vec<ImplItemFn>,
    /// The block as it was given, without the hooks and the marks.
    pub(crate) rest: ItemImpl,
}

impl Block {
    /// Reads the block. What is wrong with single methods comes beside it, and they are left out; what is wrong with
    /// the block, instead.
    pub(crate) fn read(options: Options, mut block: ItemImpl) -> Result<(Self, Option<Error>), Error> {
        let name = state_name(&block)?;
        let mut faults = Faults(None);
        let (mut methods, mut hooks) = (Vec::new(), Vec::new());
        block.items = std::mem::take(&mut block.items)
            .into_iter()
            .filter_map(|item| match item {
                ImplItem::Fn(mut method) => {
                    let marks = Marks::take(&mut method, &mut faults);
                    if marks.hook {
                        if method.sig.ident == "handle" {
                            faults.add(
                                &method.sig.ident,
                                "`handle` is what `proxy` writes: give it messages",
                            );
                            return None;
                        }
                        hooks.push(method);
                        return None;
                    }
                    match Method::read(&method, marks.ask) {
                        Ok(read) => methods.push(read),
                        Err(error) => faults.check(Err(error)),
                    }
                    Some(ImplItem::Fn(method))
                }
                other => {
                    faults.add(
                        other.to_token_stream().into_iter().next(),
                        "in a block under `proxy` are messages and hooks alone: move this to another `impl` block",
                    );
                    Some(other)
                }
            })
            .collect();
        let methods = unique(methods, &mut faults);
        let state = block.self_ty.to_token_stream();
        let generics = block.generics.clone();
        let mentioned = mentioned(&generics, &methods, &state);
        let visibility = options.visibility.unwrap_or_else(|| widest(&methods));
        let block = Self {
            engine: options.engine.unwrap_or_else(|| syn::parse_quote!(::throng)),
            message: options.message.unwrap_or_else(|| format_ident!("{name}Msg")),
            address: options.address.unwrap_or_else(|| format_ident!("{name}Address")),
            visibility,
            conditions: block
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("cfg"))
                .cloned()
                .collect(),
            state,
            generics,
            mentioned,
            methods,
            hooks,
            rest: block,
        };
        Ok((block, faults.0))
    }
}

/// The name of the type whose block it is, if that can be an actor's state.
fn state_name(block: &ItemImpl) -> Result<Ident, Error> {
    if let Some((path, _)) = &block.trait_ {
        return Err(Error::new_spanned(
            path,
            "`proxy` goes on a block without a trait: it writes `impl Actor` itself; what the trait has goes into the \
             block with `#[hook]`",
        ));
    }
    if let Some(lifetime) = block.generics.lifetimes().next() {
        return Err(Error::new_spanned(
            lifetime,
            "an actor lives as long as it likes: its state cannot borrow, and has no lifetimes",
        ));
    }
    match types::bare(&block.self_ty) {
        Type::Path(path) if path.qself.is_none() => {
            types::owned(&block.self_ty, "an actor's state")?;
            Ok(path.path.segments.last().expect("a path has a segment").ident.unraw())
        }
        other => Err(Error::new_spanned(other, "`proxy` goes on the block of a struct or an enum")),
    }
}

/// What a method is marked as.
struct Marks {
    ask: bool,
    hook: bool,
}

impl Marks {
    /// Takes the marks off, which nobody but this attribute understands.
    fn take(method: &mut ImplItemFn, faults: &mut Faults) -> Self {
        let mut marks = Self { ask: false, hook: false };
        method.attrs.retain(|attribute| {
            let mark = if attribute.path().is_ident("ask") {
                &mut marks.ask
            } else if attribute.path().is_ident("hook") {
                &mut marks.hook
            } else {
                return true;
            };
            *mark = true;
            if !matches!(attribute.meta, Meta::Path(_)) {
                faults.add(attribute, "`#[ask]` and `#[hook]` take nothing in brackets");
            }
            false
        });
        if marks.ask && marks.hook {
            faults.add(&method.sig.ident, "a hook is run by the engine; nobody asks it: leave off `#[ask]`");
        }
        marks
    }
}

/// The block without the marks.
pub(crate) fn unmarked(mut block: ItemImpl) -> ItemImpl {
    for item in &mut block.items {
        if let ImplItem::Fn(method) = item {
            Marks::take(method, &mut Faults(None));
        }
    }
    block
}

/// Leaves out messages that would share a name with one before them, and tells of it. Of methods under conditions, one may be
/// there instead of the other.
fn unique(methods: Vec<Method>, faults: &mut Faults) -> Vec<Method> {
    let mut kept: Vec<Method> = Vec::with_capacity(methods.len());
    for method in methods {
        let shared = kept.iter().find_map(|other| {
            if !(method.conditions.is_empty() && other.conditions.is_empty()) {
                return None;
            }
            let form = [method.name.unraw(), names::in_handler(&method.name)]
                .into_iter()
                .find(|form| *form == other.name.unraw() || *form == names::in_handler(&other.name));
            if method.name == other.name {
                // The compiler tells of it in its own words.
                Some(None)
            } else if let Some(form) = form {
                Some(Some(format!(
                    "`{}` and `{}` both give the address a method `{form}`, as each message has one that ends in `_from`: \
                     rename one",
                    other.name, method.name
                )))
            } else if method.variant == other.variant {
                Some(Some(format!(
                    "`{}` and `{}` both become `{}` in the message type: rename one",
                    other.name, method.name, method.variant
                )))
            } else {
                None
            }
        });
        match shared {
            None => kept.push(method),
            Some(None) => {}
            Some(Some(words)) => faults.add(&method.name, words),
        }
    }
    kept
}

/// The widest visibility of a method.
fn widest(methods: &[Method]) -> Visibility {
    let width = |visibility: &Visibility| match visibility {
        Visibility::Public(_) => 3,
        Visibility::Restricted(within) if within.path.is_ident("crate") => 2,
        Visibility::Restricted(within) if !within.path.is_ident("self") => 1,
        _ => 0,
    };
    methods
        .iter()
        .map(|method| &method.visibility)
        .max_by_key(|visibility| width(visibility))
        .filter(|visibility| width(visibility) > 0)
        .map_or(Visibility::Inherited, |widest| match widest {
            // With the place of this attribute, not of that method.
            Visibility::Public(_) => syn::parse_quote!(pub),
            other => other.clone(),
        })
}

/// The generics that occur in a message, with the bounds that speak of these alone: the message type may have no other.
fn mentioned(generics: &Generics, methods: &[Method], state: &TokenStream) -> Generics {
    let carried: TokenStream = methods
        .iter()
        .flat_map(|method| {
            let answer = method.answer.iter().filter_map(|answer| answer.ty());
            method.arguments().map(|(_, ty)| ty).chain(answer)
        })
        .map(|ty| types::without_self(ty, state))
        .collect();
    let name = |parameter: &GenericParam| match parameter {
        GenericParam::Type(parameter) => parameter.ident.to_string(),
        GenericParam::Const(parameter) => parameter.ident.to_string(),
        GenericParam::Lifetime(parameter) => parameter.lifetime.to_string(),
    };
    let (kept, left): (Vec<_>, Vec<_>) = generics
        .params
        .iter()
        .cloned()
        .partition(|parameter| types::mentions(carried.clone(), &name(parameter)));
    let speaks_of_others =
        |tokens: TokenStream| left.iter().any(|parameter| types::mentions(tokens.clone(), &name(parameter)));
    let mut mentioned = Generics { params: kept.into_iter().collect(), ..generics.clone() };
    for parameter in mentioned.type_params_mut() {
        let bounds = std::mem::take(&mut parameter.bounds);
        parameter.bounds =
            bounds.into_iter().filter(|bound| !speaks_of_others(bound.to_token_stream())).collect();
    }
    if let Some(clause) = &mut mentioned.where_clause {
        let predicates = std::mem::take(&mut clause.predicates);
        clause.predicates = predicates
            .into_iter()
            .filter(|predicate| {
                let tokens = match predicate {
                    WherePredicate::Type(predicate) => quote!(#predicate),
                    other => quote!(#other),
                };
                !speaks_of_others(tokens)
            })
            .collect();
    }
    mentioned
}

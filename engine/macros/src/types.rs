//! What a type in a signature is, by how it is written: an attribute sees names, not what they stand for.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Error, GenericArgument, Lifetime, Path, PathArguments, PathSegment, ReturnType, Type, TypeParamBound,
};

/// Without the brackets that nobody sees: what a `macro_rules` hands on has them.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The type arguments of `Name<..>`, if that is what it is.
fn arguments_of<'t>(ty: &'t Type, name: &str) -> Option<Vec<&'t Type>> {
    let segment = last(ty).filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(given) = &segment.arguments else { return None };
    given
        .args
        .iter()
        .map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The `T` of a `Reply<T>`.
pub(crate) fn reply_of(ty: &Type) -> Option<&Type> {
    match arguments_of(ty, "Reply")?[..] {
        [answer] => Some(answer),
        _ => None,
    }
}

/// The `T` of a `Result<T, Fault>`.
fn fallible(ty: &Type) -> Option<&Type> {
    match arguments_of(ty, "Result")?[..] {
        [value, error] if last(error)?.ident == "Fault" => Some(value),
        _ => None,
    }
}

/// What a method returns: a value, unless it is `()`, and whether it may fail.
pub(crate) fn returned(output: &ReturnType) -> (Option<&Type>, bool) {
    let ReturnType::Type(_, ty) = output else { return (None, false) };
    let (value, fails) = match fallible(ty) {
        Some(value) => (value, true),
        None => (&**ty, false),
    };
    (Some(value).filter(|value| !is_unit(value)), fails)
}

/// How a context is taken.
#[derive(PartialEq, Eq)]
pub(crate) enum AsContext {
    No,
    Yes,
    /// It is one, but not `&mut Context<'_, Self>`.
    Wrongly,
}

pub(crate) fn as_context(ty: &Type) -> AsContext {
    let is_context = |ty: &Type| last(ty).is_some_and(|segment| segment.ident == "Context");
    match bare(ty) {
        Type::Reference(reference) if is_context(&reference.elem) => {
            if reference.mutability.is_some() {
                AsContext::Yes
            } else {
                AsContext::Wrongly
            }
        }
        Type::Path(path) if is_context(ty) => match path.path.segments.last().map(|last| &last.arguments) {
            Some(PathArguments::AngleBracketed(given))
                if given.args.iter().any(|given| matches!(given, GenericArgument::Lifetime(_))) =>
            {
                AsContext::Wrongly
            }
            _ => AsContext::No,
        },
        _ => AsContext::No,
    }
}

/// Finds what cannot be part of a message: what is borrowed, and what is no one type. `what` it is for, to say so.
pub(crate) fn owned(ty: &Type, what: &str) -> Result<(), Error> {
    match ty {
        Type::Reference(reference) => match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => owned(&reference.elem, what),
            _ => Err(borrowed(ty, what)),
        },
        Type::Path(path) => {
            if let Some(qself) = &path.qself {
                owned(&qself.ty, what)?;
            }
            owned_path(&path.path, what)
        }
        Type::Tuple(tuple) => tuple.elems.iter().try_for_each(|elem| owned(elem, what)),
        Type::Array(array) => owned(&array.elem, what),
        Type::Slice(slice) => owned(&slice.elem, what),
        Type::Ptr(pointer) => owned(&pointer.elem, what),
        Type::Group(group) => owned(&group.elem, what),
        Type::Paren(paren) => owned(&paren.elem, what),
        Type::TraitObject(object) => object.bounds.iter().try_for_each(|bound| match bound {
            TypeParamBound::Trait(bound) => owned_path(&bound.path, what),
            TypeParamBound::Lifetime(lifetime) => lasting(lifetime, what),
            _ => Ok(()),
        }),
        Type::ImplTrait(_) => Err(Error::new_spanned(
            ty,
            format!("{what} has one type, which is written down: name it, or box it as `Box<dyn .. + Send>`"),
        )),
        // What a pointer to a function borrows when it is called is no part of a message.
        _ => Ok(()),
    }
}

fn owned_path(path: &Path, what: &str) -> Result<(), Error> {
    for segment in &path.segments {
        // The brackets of `Fn(&str)` are those of a call.
        let PathArguments::AngleBracketed(given) = &segment.arguments else { continue };
        for argument in &given.args {
            match argument {
                GenericArgument::Type(ty) => owned(ty, what)?,
                GenericArgument::AssocType(bound) => owned(&bound.ty, what)?,
                GenericArgument::Lifetime(lifetime) => lasting(lifetime, what)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn lasting(lifetime: &Lifetime, what: &str) -> Result<(), Error> {
    if lifetime.ident == "static" { Ok(()) } else { Err(borrowed(lifetime, what)) }
}

fn borrowed(at: &impl ToTokens, what: &str) -> Error {
    Error::new_spanned(
        at,
        format!(
            "{what} is sent to another thread and cannot borrow: give an owned value, as `String` for `&str`, \
             or an `Arc`"
        ),
    )
}

/// The type with `Self` written out, as it means something else in the message type.
pub(crate) fn without_self(ty: &impl ToTokens, state: &TokenStream) -> TokenStream {
    fn replace(tokens: TokenStream, state: &TokenStream) -> TokenStream {
        tokens
            .into_iter()
            .flat_map(|token| match token {
                TokenTree::Ident(ident) if ident == "Self" => state.clone(),
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), replace(group.stream(), state));
                    inner.set_span(group.span());
                    TokenTree::Group(inner).into()
                }
                other => other.into(),
            })
            .collect()
    }
    replace(ty.to_token_stream(), state)
}

/// Whether a name occurs.
pub(crate) fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

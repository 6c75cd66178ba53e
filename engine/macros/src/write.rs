//! Writes what a user would write by hand: the message type, `impl Actor`, and the address with its methods.

use crate::block::Block;
use crate::method::{Answer, Method, Parameter};
use crate::names;
use crate::types::without_self;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

/// Everything that is generated, and the user's block.
pub(crate) fn all(block: &Block) -> TokenStream {
    let (rest, message, actor, address) = (&block.rest, message(block), actor(block), address(block));
    let sendable = sendable(block);
    quote!(#rest #message #sendable #actor #address)
}

/// Has the compiler look at each part of a message where the user has written it: it would tell of the whole elsewhere.
/// No program has it.
fn sendable(block: &Block) -> TokenStream {
    let (impl_generics, _, where_clause) = block.mentioned.split_for_impl();
    let conditions = &block.conditions;
    let mut parts = block.methods.iter().flat_map(|method| {
        let answer = method.answer.as_ref().and_then(Answer::ty);
        method.arguments().map(|(_, ty)| ty).chain(answer).map(|ty| {
            let (conditions, part) = (&method.conditions, without_self(ty, &block.state));
            quote!(#(#conditions)* { part_of_a_message::<#part>(); })
        })
    });
    let Some(first) = parts.next() else { return TokenStream::new() };
    quote! {
        #(#conditions)*
        #[allow(dead_code, reason = "nobody calls it: that it compiles is all")]
        const _: () = {
            fn part_of_a_message<__T: ::core::marker::Send + 'static>() {}
            fn each #impl_generics() #where_clause { #first #(#parts)* }
        };
    }
}

/// A name that no argument can be mistaken for.
fn own(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

impl Answer {
    /// What is answered; none if that is `()`.
    pub(crate) fn ty(&self) -> Option<&syn::Type> {
        match self {
            Answer::Done => None,
            Answer::Returned(ty) | Answer::Sent(ty) => Some(ty),
        }
    }

    fn written(&self, block: &Block) -> TokenStream {
        self.ty().map_or_else(|| quote!(()), |ty| without_self(ty, &block.state))
    }
}

fn message(block: &Block) -> TokenStream {
    let Block { engine, message, visibility, conditions, mentioned, .. } = block;
    let where_clause = &mentioned.where_clause;
    let variants = block.methods.iter().map(|method| {
        let Method { variant, docs, conditions, .. } = method;
        let mut fields: Vec<_> = method.arguments().map(|(_, ty)| without_self(ty, &block.state)).collect();
        if let Some(answer) = &method.answer {
            let answer = answer.written(block);
            fields.push(quote!(#engine::Reply<#answer>));
        }
        let fields = (!fields.is_empty()).then(|| quote!((#(#fields),*)));
        let described = docs_or(docs, format!("See [`{}`]'s method `{}`.", block.address, method.name));
        quote!(#(#conditions)* #described #variant #fields)
    });
    let doc = format!("What the actor `{}` understands.", text(&block.state));
    // A message may carry what only its own module sees, as the methods do that it is made of.
    quote! {
        #(#conditions)*
        #[doc = #doc]
        #[allow(private_interfaces)]
        #visibility enum #message #mentioned #where_clause { #(#variants),* }
    }
}

/// The user's documentation, or this.
fn docs_or(docs: &[syn::Attribute], otherwise: String) -> TokenStream {
    if docs.is_empty() { quote!(#[doc = #otherwise]) } else { quote!(#(#docs)*) }
}

/// As it is written in a program, more or less.
fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(" :: ", "::").replace(" < ", "<").replace(" >", ">")
}

fn actor(block: &Block) -> TokenStream {
    let Block { engine, message, conditions, state, hooks, .. } = block;
    let (impl_generics, _, where_clause) = block.generics.split_for_impl();
    let (_, given, _) = block.mentioned.split_for_impl();
    let (it, cx, reply) = (own("message"), own("cx"), own("reply"));
    let uses_context = block
        .methods
        .iter()
        .flat_map(|method| &method.parameters)
        .any(|parameter| matches!(parameter, Parameter::Context));
    let arms = block.methods.iter().map(|method| {
        let Method { name, variant, conditions, fails, .. } = method;
        let taken = method.parameters.iter().map(|parameter| match parameter {
            Parameter::Argument(name, _) => name.to_token_stream(),
            Parameter::Context => cx.to_token_stream(),
            Parameter::Reply => reply.to_token_stream(),
        });
        let or_fault = fails.then(|| quote!(?));
        let call = quote!(Self::#name(self #(, #taken)*) #or_fault);
        let mut carried: Vec<_> = method.arguments().map(|(name, _)| name).collect();
        let done = match &method.answer {
            None => call,
            Some(Answer::Done) => quote!({ #call; #reply.send(()) }),
            Some(Answer::Returned(_)) => quote!(#reply.send(#call)),
            Some(Answer::Sent(_)) => call,
        };
        if method.answer.is_some() {
            carried.push(&reply);
        }
        let carried = (!carried.is_empty()).then(|| quote!((#(#carried),*)));
        quote!(#(#conditions)* #message::#variant #carried => #done,)
    });
    // Of an enum without variants there is no value, and after its match nothing can be.
    let handled = if block.methods.is_empty() {
        quote!(match #it {})
    } else {
        quote!(match #it { #(#arms)* } ::core::result::Result::Ok(()))
    };
    let context = if uses_context { cx.to_token_stream() } else { quote!(_) };
    quote! {
        #(#conditions)*
        impl #impl_generics #engine::Actor for #state #where_clause {
            type Msg = #message #given;
            fn handle(
                &mut self,
                #it: #message #given,
                #context: &mut #engine::Context<'_, Self>,
            ) -> ::core::result::Result<(), #engine::Fault> {
                #handled
            }
            #(#hooks)*
        }
    }
}

fn address(block: &Block) -> TokenStream {
    let Block { engine, message, address, visibility, conditions, mentioned, .. } = block;
    let (impl_generics, given, where_clause) = mentioned.split_for_impl();
    let (this, message) = (quote!(#address #given), quote!(#message #given));
    let methods = block.methods.iter().map(|method| forms(block, method, &message));
    let doc = format!(
        "The address of the actor `{}`: 8 bytes, and a method for each of its messages. It has the methods of \
         `{engine}::Address` too.",
        text(&block.state),
        engine = text(engine).trim_start_matches("::"),
    );
    let traits = [
        quote! {
            impl #impl_generics ::core::clone::Clone for #this #where_clause {
                fn clone(&self) -> Self { *self }
            }
        },
        quote!(impl #impl_generics ::core::marker::Copy for #this #where_clause {}),
        quote! {
            impl #impl_generics ::core::cmp::PartialEq for #this #where_clause {
                fn eq(&self, other: &Self) -> bool { self.0 == other.0 }
            }
        },
        quote!(impl #impl_generics ::core::cmp::Eq for #this #where_clause {}),
        quote! {
            impl #impl_generics ::core::hash::Hash for #this #where_clause {
                fn hash<__H: ::core::hash::Hasher>(&self, state: &mut __H) { ::core::hash::Hash::hash(&self.0, state) }
            }
        },
        quote! {
            impl #impl_generics ::core::fmt::Debug for #this #where_clause {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Debug::fmt(&self.0, f)
                }
            }
        },
        quote! {
            impl #impl_generics ::core::fmt::Display for #this #where_clause {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&self.0, f)
                }
            }
        },
        quote! {
            impl #impl_generics ::core::ops::Deref for #this #where_clause {
                type Target = #engine::Address<#message>;
                fn deref(&self) -> &Self::Target { &self.0 }
            }
        },
        quote! {
            impl #impl_generics ::core::convert::From<#engine::Address<#message>> for #this #where_clause {
                fn from(address: #engine::Address<#message>) -> Self { Self(address) }
            }
        },
        quote! {
            impl #impl_generics ::core::convert::From<#this> for #engine::Address<#message> #where_clause {
                fn from(address: #this) -> Self { address.0 }
            }
        },
        quote! {
            impl #impl_generics #engine::Proxied for #message #where_clause {
                type Proxy = #this;
            }
        },
    ]
    .map(|written| quote!(#(#conditions)* #written));
    quote! {
        #(#conditions)*
        #[doc = #doc]
        #[repr(transparent)]
        #visibility struct #address #mentioned (#engine::Address<#message>) #where_clause;

        #(#conditions)*
        #[allow(
            dead_code, private_interfaces, clippy::should_implement_trait, clippy::too_many_arguments, clippy::type_complexity,
            clippy::wrong_self_convention,
            reason = "methods that a program does not use are no fault of it, and their names are the user's choice"
        )]
        impl #impl_generics #this #where_clause {
            /// The address without the methods.
            #[inline]
            #visibility fn address(self) -> #engine::Address<#message> { self.0 }
            #(#methods)*
        }

        #(#traits)*
    }
}

/// The two methods of the address for a message.
fn forms(block: &Block, method: &Method, message: &TokenStream) -> TokenStream {
    let engine = &block.engine;
    let Method { name, variant, visibility, docs, conditions, .. } = method;
    let in_handler = names::in_handler(name);
    let (cx, then) = (own("cx"), own("then"));
    let names: Vec<_> = method.arguments().map(|(name, _)| name).collect();
    let arguments: Vec<_> = method
        .arguments()
        .map(|(name, ty)| {
            let ty = without_self(ty, &block.state);
            quote!(#name: #ty)
        })
        .collect();
    let path = &block.message;
    let sender = format_ident!("__Sender");
    let intro = docs_or(docs, format!("Sends `{}::{}`.", block.message, variant));
    let context = quote!(#cx: &mut #engine::Context<'_, #sender>);
    let from_doc = |words: &str| format!("[`{name}`](Self::{name}) from a handler: {words}", name = name);
    let [outside, inside] = match &method.answer {
        None => {
            let carried = (!names.is_empty()).then(|| quote!((#(#names),*)));
            let refused = quote!(::core::result::Result<(), #engine::SendError<#message>>);
            let doc = from_doc("one way, as `Context::send`, which lets back-pressure travel.");
            [
                quote! {
                    #intro
                    ///
                    /// One way, from any thread: as `Address::try_send`, with its errors.
                    #[inline]
                    #visibility fn #name(self #(, #arguments)*) -> #refused {
                        self.0.try_send(#path::#variant #carried)
                    }
                },
                quote! {
                    #[doc = #doc]
                    #[inline]
                    #visibility fn #in_handler<#sender: #engine::Actor>(self, #context #(, #arguments)*) -> #refused {
                        #cx.send(self.0, #path::#variant #carried)
                    }
                },
            ]
        }
        Some(answer) => {
            let answer = answer.written(block);
            let reply = own("reply");
            let question = if names.is_empty() {
                quote!(#path::#variant)
            } else {
                quote!(|#reply| #path::#variant(#(#names,)* #reply))
            };
            let doc = from_doc(
                "asks, as `Context::ask`; the outcome comes back as the message that `then` makes of it.",
            );
            [
                quote! {
                    #intro
                    ///
                    /// Asks, from outside the engine: as `Address::ask`. Await the outcome, or call `wait`.
                    #[inline]
                    #visibility fn #name(self #(, #arguments)*) -> #engine::Ask<#message, #answer> {
                        self.0.ask(#question)
                    }
                },
                quote! {
                    #[doc = #doc]
                    #[inline]
                    #visibility fn #in_handler<#sender: #engine::Actor>(
                        self,
                        #context
                        #(, #arguments)*,
                        #then: impl ::core::ops::FnOnce(#engine::Outcome<#answer>) -> #sender::Msg
                            + ::core::marker::Send + 'static,
                    ) -> ::core::result::Result<(), #engine::TooManyAsks> {
                        #cx.ask(self.0, #question, #then)
                    }
                },
            ]
        }
    };
    quote!(#(#conditions)* #outside #(#conditions)* #inside)
}

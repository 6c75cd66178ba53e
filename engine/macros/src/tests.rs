//! What the attribute writes is what one would write by hand: token for token.

use super::expand;
use proc_macro2::TokenStream;
use quote::quote;

/// The items that are written beside the user's block, by their first words; without documentation and lint levels.
fn written(options: TokenStream, item: TokenStream) -> Vec<(String, String)> {
    let file: syn::File = syn::parse2(expand(options, item)).expect("what is written is a program");
    file.items
        .into_iter()
        .map(|mut item| {
            quiet(&mut item);
            let text = quote!(#item).to_string();
            let head = text.split(['{', '(']).next().expect("a split has a first").trim().to_string();
            (head, text)
        })
        .collect()
}

fn quiet(item: &mut syn::Item) {
    let keep = |attributes: &mut Vec<syn::Attribute>| {
        attributes.retain(|attribute| !["doc", "allow"].iter().any(|name| attribute.path().is_ident(name)));
    };
    match item {
        syn::Item::Enum(item) => {
            keep(&mut item.attrs);
            item.variants.iter_mut().for_each(|variant| keep(&mut variant.attrs));
        }
        syn::Item::Struct(item) => keep(&mut item.attrs),
        syn::Item::Impl(item) => {
            keep(&mut item.attrs);
            for item in &mut item.items {
                if let syn::ImplItem::Fn(item) = item {
                    keep(&mut item.attrs);
                }
            }
        }
        _ => {}
    }
}

/// That what is written has this item.
#[track_caller]
fn has(written: &[(String, String)], wanted: TokenStream) {
    // Through the parser too, which has its own mind about commas at the end.
    let wanted: syn::Item = syn::parse2(wanted).expect("the test's own item");
    let wanted = quote!(#wanted).to_string();
    let head = wanted.split(['{', '(']).next().expect("a split has a first").trim();
    let found = written.iter().find(|(given, _)| given == head);
    let found = found.unwrap_or_else(|| {
        panic!("no `{head}` among {:?}", written.iter().map(|(h, _)| h).collect::<Vec<_>>())
    });
    assert_eq!(found.1, wanted);
}

#[test]
fn the_enum_the_match_and_the_methods_are_as_by_hand() {
    let written = written(
        quote!(),
        quote! {
            impl Counter {
                pub fn add(&mut self, n: u64) {}
                fn check(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {}
                fn get(&self) -> u64 {}
                fn take(&mut self, most: u64) -> Result<Vec<Self>, Fault> {}
                fn later(&mut self, key: String, reply: Reply<u64>) {}
                #[ask]
                fn flush(&mut self) {}
                #[hook]
                fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> { Ok(()) }
            }
        },
    );
    has(
        &written,
        quote! {
            pub enum CounterMsg {
                Add(u64),
                Check,
                Get(::throng::Reply<u64>),
                Take(u64, ::throng::Reply< Vec<Counter> >),
                Later(String, ::throng::Reply<u64>),
                Flush(::throng::Reply<()>)
            }
        },
    );
    has(
        &written,
        quote! {
            impl ::throng::Actor for Counter {
                type Msg = CounterMsg;
                fn handle(
                    &mut self,
                    message: CounterMsg,
                    cx: &mut ::throng::Context<'_, Self>,
                ) -> ::core::result::Result<(), ::throng::Fault> {
                    match message {
                        CounterMsg::Add(n) => Self::add(self, n),
                        CounterMsg::Check => Self::check(self, cx)?,
                        CounterMsg::Get(reply) => reply.send(Self::get(self)),
                        CounterMsg::Take(most, reply) => reply.send(Self::take(self, most)?),
                        CounterMsg::Later(key, reply) => Self::later(self, key, reply),
                        CounterMsg::Flush(reply) => { Self::flush(self); reply.send(()) },
                    }
                    ::core::result::Result::Ok(())
                }
                fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> { Ok(()) }
            }
        },
    );
    has(
        &written,
        quote!(
            #[repr(transparent)]
            pub struct CounterAddress(::throng::Address<CounterMsg>);
        ),
    );
    let methods = &written.iter().find(|(head, _)| head == "impl CounterAddress").expect("it has methods").1;
    for wanted in [
        quote! {
            #[inline]
            pub fn add(self, n: u64) -> ::core::result::Result<(), ::throng::SendError<CounterMsg> > {
                self.0.try_send(CounterMsg::Add(n))
            }
        },
        quote! {
            #[inline]
            pub fn add_from<__Sender: ::throng::Actor>(self, cx: &mut ::throng::Context<'_, __Sender>, n: u64)
                -> ::core::result::Result<(), ::throng::SendError<CounterMsg> > {
                cx.send(self.0, CounterMsg::Add(n))
            }
        },
        // Seen no further than the method it is for.
        quote! {
            #[inline]
            fn get(self) -> ::throng::Ask<CounterMsg, u64> { self.0.ask(CounterMsg::Get) }
        },
        quote! {
            #[inline]
            fn later(self, key: String) -> ::throng::Ask<CounterMsg, u64> {
                self.0.ask(|reply| CounterMsg::Later(key, reply))
            }
        },
    ] {
        let wanted = wanted.to_string();
        assert!(methods.contains(&wanted), "{wanted}\nis not in\n{methods}");
    }
    // The block, the message, the actor, the address and its methods, eight traits of a number, two ways to and fro,
    // `Proxied`, and the look at what is sent.
    assert_eq!(written.len(), 17, "{written:#?}");
}

#[test]
fn a_block_with_hooks_alone_has_a_message_that_there_is_not() {
    let written = written(
        quote!(message = No),
        quote!(impl Idle { #[hook] fn stopped(&mut self, _: &mut Context<'_, Self>) {} }),
    );
    has(
        &written,
        quote!(
            enum No {}
        ),
    );
    has(
        &written,
        quote! {
            impl ::throng::Actor for Idle {
                type Msg = No;
                fn handle(&mut self, message: No, _: &mut ::throng::Context<'_, Self>,)
                    -> ::core::result::Result<(), ::throng::Fault> {
                    match message {}
                }
                fn stopped(&mut self, _: &mut Context<'_, Self>) {}
            }
        },
    );
}

#[test]
fn generics_go_where_they_are_mentioned() {
    let written = written(
        quote!(crate = engine::inner, visibility = pub(super), address = At),
        quote! {
            impl<K: Key + Into<W>, V, W: Writer, const N: usize> Cache<K, V, W, N>
            where
                V: Send + 'static,
                W: Clone,
            {
                fn put(&mut self, key: K, values: [V; N]) {}
            }
        },
    );
    has(
        &written,
        quote! {
            pub(super) enum CacheMsg<K: Key, V, const N: usize> where V: Send + 'static { Put(K, [V; N]) }
        },
    );
    let actor = "impl < K : Key + Into < W > , V , W : Writer , const N : usize > engine :: inner :: Actor for \
                 Cache < K , V , W , N > where V : Send + 'static , W : Clone ,";
    assert!(written.iter().any(|(head, _)| head == actor), "{written:#?}");
    has(
        &written,
        quote! {
            impl<K: Key, V, const N: usize> engine::inner::Proxied for CacheMsg<K, V, N> where V: Send + 'static {
                type Proxy = At<K, V, N>;
            }
        },
    );
}

#[test]
fn conditions_go_wherever_the_method_does() {
    let text = expand(
        quote!(),
        quote! {
            #[cfg(unix)]
            impl Door {
                #[cfg(feature = "lock")]
                fn lock(&mut self) {}
            }
        },
    )
    .to_string();
    // The method itself, variant, arm and two forms (it carries nothing to look at); the items.
    assert_eq!(text.matches("# [cfg (feature = \"lock\")]").count(), 5, "{text}");
    assert_eq!(text.matches("# [cfg (unix)]").count(), 16, "{text}");
}

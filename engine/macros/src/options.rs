//! What stands in the brackets of the attribute.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Path, Token, Visibility};

/// What is given there.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) message: Option<Ident>,
    pub(crate) address: Option<Ident>,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) engine: Option<Path>,
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, Error> {
        Self::read.parse2(tokens)
    }

    fn read(input: ParseStream<'_>) -> Result<Self, Error> {
        let mut options = Self::default();
        while !input.is_empty() {
            // `crate` is a keyword.
            let key = input.call(Ident::parse_any)?;
            let known = match key.to_string().as_str() {
                "message" => options.message.is_none(),
                "address" => options.address.is_none(),
                "visibility" => options.visibility.is_none(),
                "crate" => options.engine.is_none(),
                _ => {
                    return Err(Error::new(
                        key.span(),
                        format!(
                            "`{key}` is no option of `proxy`: give `message = Name`, `address = Name`, \
                             `visibility = pub(..)` or `crate = path`"
                        ),
                    ));
                }
            };
            if !known {
                return Err(Error::new(key.span(), format!("`{key}` is given twice")));
            }
            input
                .parse::<Token![=]>()
                .map_err(|_| Error::new(key.span(), format!("`{key}` needs a value: write `{key} = ..`")))?;
            match key.to_string().as_str() {
                "message" => options.message = Some(input.parse()?),
                "address" => options.address = Some(input.parse()?),
                "visibility" => options.visibility = Some(input.parse()?),
                _ => options.engine = Some(input.call(Path::parse_mod_style)?),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

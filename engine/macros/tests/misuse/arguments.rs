//! What an argument cannot be.

use std::borrow::Cow;
use throng::Context;

struct Log;

#[throng::proxy]
impl Log {
    fn line(&mut self, _text: &str) {}

    fn lines(&mut self, _texts: Vec<&mut String>) {}

    fn cow(&mut self, _text: Cow<'_, str>) {}

    fn view(&mut self, _view: Box<dyn Fn(&str) -> bool + Send + '_>) {}

    fn printed(&mut self, _text: impl ToString + Send) {}

    fn pair(&mut self, (_a, _b): (u8, u8)) {}

    fn unnamed(&mut self, _: u8) {}

    fn bound(&mut self, _whole @ 0..: usize) {}

    fn shared(&mut self, _cx: &Context<'_, Self>) {}

    fn given(&mut self, _cx: Context<'_, Self>) {}
}

fn main() {}

//! What a method cannot be.

use throng::{Context, Fault, Reply};

struct Counter(u64);

#[throng::proxy]
impl Counter {
    fn by_value(self) -> u64 {
        self.0
    }

    fn boxed(self: Box<Self>) {}

    fn without_state(n: u64) -> u64 {
        n
    }

    fn of_any_type<T: Into<u64>>(&mut self, n: T) {
        self.0 += n.into();
    }

    fn under_a_condition(&mut self)
    where
        u64: Clone,
    {
    }

    async fn waiting(&mut self) -> u64 {
        self.0
    }

    unsafe fn at_your_risk(&mut self) {}

    fn two_answers(&mut self, reply: Reply<u64>) -> u64 {
        reply.send(self.0);
        self.0
    }

    fn lends(&self) -> &u64 {
        &self.0
    }

    fn something(&self) -> impl Send {
        self.0
    }

    fn two_at_once(&mut self, (a, _): (u64, u64), name: &str) -> Result<&'static u64, Fault> {
        let _ = name;
        self.0 += a;
        Ok(&7)
    }

    fn two_contexts(&mut self, _: &mut Context<'_, Self>, _: &mut Context<'_, Self>) {}

    #[ask(now)]
    fn bracketed(&mut self) {}

    #[ask]
    #[hook]
    fn stopped(&mut self, _: &mut Context<'_, Self>) {}

    const MOST: u64 = 7;
}

fn main() {}

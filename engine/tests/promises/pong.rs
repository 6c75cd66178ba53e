//! An actor that tells which worker runs it.

use throng::{Actor, Context, Fault, Reply};

pub(crate) struct Pong;

impl Actor for Pong {
    type Msg = Reply<usize>;
    fn handle(&mut self, reply: Reply<usize>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(cx.worker_index());
        Ok(())
    }
}

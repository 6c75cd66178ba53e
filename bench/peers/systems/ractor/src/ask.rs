//! Ask: one actor asks another, one question at a time.

use crate::made;
use peer_tally::own::{Tallies, Tally};
use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;

/// Who answers with 1 more than is asked.
struct Oracle;

struct Question(u64, RpcReplyPort<u64>);

impl Actor for Oracle {
    type Msg = Question;
    type State = Tally<u64>;
    type Arguments = Tally<u64>;

    async fn pre_start(
        &self,
        _: ActorRef<Question>,
        answered: Tally<u64>,
    ) -> Result<Tally<u64>, ActorProcessingErr> {
        Ok(answered)
    }

    async fn handle(
        &self,
        _: ActorRef<Question>,
        Question(asked, reply): Question,
        answered: &mut Tally<u64>,
    ) -> Result<(), ActorProcessingErr> {
        answered.count += 1;
        Ok(reply.send(asked + 1)?)
    }
}

struct Asker;

struct Asking {
    oracle: ActorRef<Question>,
    questions: u64,
    answers: Tally<u64>,
    ended: Sender<(Instant, u64)>,
}

struct Begin;

impl Actor for Asker {
    type Msg = Begin;
    type State = Asking;
    type Arguments = Asking;

    async fn pre_start(&self, _: ActorRef<Begin>, asking: Asking) -> Result<Asking, ActorProcessingErr> {
        Ok(asking)
    }

    async fn handle(
        &self,
        me: ActorRef<Begin>,
        _: Begin,
        asking: &mut Asking,
    ) -> Result<(), ActorProcessingErr> {
        let mut sum = 0;
        for asked in 0..asking.questions {
            let called = asking.oracle.call(|reply| Question(asked, reply), None).await?;
            let CallResult::Success(answer) = called else { return Err("no answer".into()) };
            asking.answers.count += 1;
            sum += answer;
        }
        asking.ended.send((Instant::now(), sum))?;
        me.stop(None);
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let (answers, answered) = (tallies.tally(), tallies.tally());
    let oracle = made(runtime, Oracle, answered)?;
    let asking = Asking { oracle: oracle.clone(), questions: task.messages, answers, ended };
    let asker = made(runtime, Asker, asking)?;
    let began = Instant::now();
    asker.cast(Begin)?;
    let (at, sum) = heard(&news)?;
    oracle.stop(None);
    let counts = vec![tallies.all()?[0], sum];
    Ok(Iteration { took: at.duration_since(began), counts, disorder: 0 })
}

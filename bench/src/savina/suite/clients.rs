//! Clients of one server, each of which waits for an answer before its next request: what the concurrent dictionary and the
//! concurrent sorted list have in common.
//!
//! Verified by the order in which the server says it has served: in it each client's requests must be those that it was to draw, in
//! its order, and a sequential model that is asked in this order must give what each client has heard.

use crate::savina::oracle::same;
use crate::savina::workload::asker;
use crate::seeded::Seeded;
use std::fmt::Debug;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Reply};

const SEED: u64 = 1;

/// What the server keeps.
pub(super) trait Store: Default + Send + Sync + 'static {
    /// What it can be asked.
    type Request: Copy + PartialEq + Debug + Send + Sync + 'static;

    /// A request about keys below `limit`.
    fn draw(seeded: &mut Seeded, limit: u32) -> Self::Request;

    /// Does what is asked.
    fn answer(&mut self, request: Self::Request) -> u32;
}

/// How many ask how much.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) clients: u32,
    pub(super) requests: u32,
    pub(super) limit: u32,
}

impl Load {
    /// Requests of all clients.
    pub(super) fn total(self) -> u64 {
        u64::from(self.clients) * u64::from(self.requests)
    }

    /// Requests and answers, and the word of each actor that it is done.
    pub(super) fn messages(self) -> u64 {
        2 * self.total() + u64::from(self.clients) + 2
    }

    /// What each client is to ask.
    pub(super) fn draws<S: Store>(self) -> Vec<Vec<S::Request>> {
        let of = |client| {
            let mut seeded = Seeded::stream(SEED, client);
            (0..self.requests).map(|_| S::draw(&mut seeded, self.limit)).collect()
        };
        (0..u64::from(self.clients)).map(of).collect()
    }
}

/// What came of it.
pub(super) struct Answer<S: Store> {
    /// Who was served with what, in order.
    pub(super) log: Vec<(u32, S::Request)>,
    /// What each client heard, in order.
    pub(super) heard: Vec<Vec<u32>>,
    /// What is kept in the end.
    pub(super) store: S,
}

impl<S: Store> Answer<S> {
    /// Compares it with what the clients were to ask, and with what a model answers.
    pub(super) fn check(
        &self,
        draws: &[Vec<S::Request>],
        mut model: impl FnMut(S::Request) -> u32,
    ) -> Result<(), String> {
        same("clients that were served", draws.len(), self.heard.len())?;
        let mut served = vec![0; draws.len()];
        for &(client, request) in &self.log {
            let number = client as usize;
            let at: &mut usize =
                served.get_mut(number).ok_or_else(|| format!("there is no client {client}"))?;
            match draws[number].get(*at) {
                Some(&drawn) if drawn == request => (),
                drawn => {
                    return Err(format!(
                        "request {at} of client {client}: {drawn:?} was to be, {request:?} is"
                    ));
                }
            }
            let heard = self.heard[number].get(*at).copied();
            let heard = heard.ok_or_else(|| format!("client {client} has no answer {at}"))?;
            same(format_args!("answer {at} to client {client}"), model(request), heard)?;
            *at += 1;
        }
        for (client, (drawn, heard)) in draws.iter().zip(&self.heard).enumerate() {
            same(format_args!("requests of client {client} that were served"), drawn.len(), served[client])?;
            same(format_args!("answers to client {client}"), drawn.len(), heard.len())?;
        }
        Ok(())
    }
}

/// Who makes the others, and waits for them.
pub(super) struct Main<S: Store> {
    load: Load,
    left: u32,
    answer: Answer<S>,
    reply: Option<Reply<Answer<S>>>,
}

impl<S: Store> Main<S> {
    /// With a server that keeps `store` at the beginning.
    pub(super) fn new(load: Load, store: S) -> Self {
        let heard = (0..load.clients).map(|_| Vec::new()).collect();
        Self { load, left: load.clients + 1, answer: Answer { log: Vec::new(), heard, store }, reply: None }
    }
}

pub(super) enum ToMain<S: Store> {
    Begin(Reply<Answer<S>>),
    Heard(u32, Vec<u32>),
    Served(Vec<(u32, S::Request)>, S),
}

impl<S: Store> Actor for Main<S> {
    type Msg = ToMain<S>;

    fn handle(&mut self, message: ToMain<S>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMain::Begin(reply) => {
                self.reply = Some(reply);
                self.begin(cx);
                return Ok(());
            }
            ToMain::Heard(client, heard) => self.answer.heard[client as usize] = heard,
            ToMain::Served(log, store) => (self.answer.log, self.answer.store) = (log, store),
        }
        self.left -= 1;
        if self.left == 0 {
            let reply = asker(&mut self.reply)?;
            let heard = take(&mut self.answer.heard);
            reply.send(Answer {
                log: take(&mut self.answer.log),
                heard,
                store: take(&mut self.answer.store),
            });
        }
        Ok(())
    }
}

impl<S: Store> Main<S> {
    fn begin(&mut self, cx: &mut Context<'_, Self>) {
        let (load, main) = (self.load, cx.me());
        let total = load.total() as usize;
        let store = take(&mut self.answer.store);
        let server = cx.spawn(Server { store, log: Vec::with_capacity(total), total, main });
        for number in 0..load.clients {
            let seeded = Seeded::stream(SEED, u64::from(number));
            let heard = Vec::with_capacity(load.requests as usize);
            cx.spawn(Client { number, seeded, load, heard, server, main });
        }
    }
}

struct Server<S: Store> {
    store: S,
    log: Vec<(u32, S::Request)>,
    total: usize,
    main: Address<ToMain<S>>,
}

struct Asked<S: Store> {
    client: u32,
    request: S::Request,
    from: Address<Heard>,
}

impl<S: Store> Actor for Server<S> {
    type Msg = Asked<S>;

    fn handle(&mut self, asked: Asked<S>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let answer = self.store.answer(asked.request);
        self.log.push((asked.client, asked.request));
        cx.send(asked.from, Heard(answer))?;
        if self.log.len() == self.total {
            cx.send(self.main, ToMain::Served(take(&mut self.log), take(&mut self.store)))?;
            cx.stop();
        }
        Ok(())
    }
}

struct Client<S: Store> {
    number: u32,
    seeded: Seeded,
    load: Load,
    heard: Vec<u32>,
    server: Address<Asked<S>>,
    main: Address<ToMain<S>>,
}

struct Heard(u32);

impl<S: Store> Client<S> {
    fn ask(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let request = S::draw(&mut self.seeded, self.load.limit);
        let from = cx.me();
        cx.send(self.server, Asked { client: self.number, request, from })?;
        Ok(())
    }
}

impl<S: Store> Actor for Client<S> {
    type Msg = Heard;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.ask(cx)
    }

    fn handle(&mut self, Heard(answer): Heard, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.heard.push(answer);
        if self.heard.len() < self.load.requests as usize {
            return self.ask(cx);
        }
        cx.send(self.main, ToMain::Heard(self.number, take(&mut self.heard)))?;
        cx.stop();
        Ok(())
    }
}

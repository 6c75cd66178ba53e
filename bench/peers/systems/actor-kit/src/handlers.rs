//! Which code handles an actor's messages: the system keeps names, mailboxes and states of actors, and asks for the rest.

use actor_kit::{ActorExecutor, ActorId, ExecutionResult, Message};
use dashmap::DashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// An actor's behaviour.
pub(crate) trait Handles: Send {
    fn handle(&mut self, message: &Message);
}

/// Names are random numbers: a part of one is as good as a hash of it.
#[derive(Default)]
pub(crate) struct OfRandom(u64);

impl Hasher for OfRandom {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.0 = self.0.rotate_left(29) ^ u64::from_le_bytes(word);
        }
    }

    fn write_usize(&mut self, _: usize) {
        // How many bytes a name has, which is always the same.
    }
}

/// All of them. Two workers may handle two messages of an actor at once, for which each has a lock.
#[derive(Default)]
pub(crate) struct Handlers(DashMap<ActorId, Arc<Mutex<dyn Handles>>, BuildHasherDefault<OfRandom>>);

impl Handlers {
    pub(crate) fn insert(&self, id: ActorId, actor: impl Handles + 'static) {
        self.0.insert(id, Arc::new(Mutex::new(actor)));
    }

    pub(crate) fn remove(&self, id: &ActorId) {
        self.0.remove(id);
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl ActorExecutor for Handlers {
    fn execute(&self, id: &ActorId, message: &Message) -> ExecutionResult {
        // Not handled while the map is held: it may make or end actors.
        let Some(actor) = self.0.get(id).map(|found| Arc::clone(&found)) else {
            return ExecutionResult::NotReady;
        };
        // One that panicked gets no more messages.
        actor.lock().unwrap_or_else(PoisonError::into_inner).handle(message);
        ExecutionResult::Success { fuel_consumed: 0, response: None }
    }

    fn is_ready(&self, id: &ActorId) -> bool {
        self.0.contains_key(id)
    }

    fn get_fuel(&self, _: &ActorId) -> Option<u64> {
        None
    }

    fn reset(&self, _: &ActorId) -> actor_kit::Result<()> {
        Ok(())
    }
}

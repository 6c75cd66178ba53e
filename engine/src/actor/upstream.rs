//! Whom an actor's pressure is told to: by notices, so that no full mailbox refuses the news, and one of them at a time.

use super::address::Recipient;
use super::post::{ActorId, Way};
use super::pressing::Pressed;
use crate::mailbox::pressure::{Level, News};
use crate::sync::Arc;

/// The way from an actor to its upstream.
#[derive(Debug)]
pub(super) struct Upstream {
    actor: ActorId,
    to: Recipient<Pressed>,
    news: News,
}

impl Upstream {
    pub(super) fn new(actor: ActorId, to: Recipient<Pressed>) -> Arc<Self> {
        Arc::new(Self { actor, to, news: News::new() })
    }

    /// The pressure has turned. By whoever turned it.
    pub(super) fn tell(self: &Arc<Self>, level: Level) {
        if let Some(level) = self.news.turned(level) {
            self.post(level);
        }
    }

    fn post(self: &Arc<Self>, level: Level) {
        let this = Arc::clone(self);
        let heard = move || {
            if let Some(next) = this.news.heard() {
                this.post(next);
            }
        };
        let news = Pressed { actor: self.actor, level };
        // Refused only by one that has ended: nobody wants to know, and nothing is told after this.
        let _told = (self.to.send)(self.to.raw, news, Way::Notice(Box::new(heard)));
    }
}

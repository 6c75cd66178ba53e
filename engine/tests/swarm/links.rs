//! Links: whose end takes whom along.

use crate::book::{Book, Slot, locked};
use crate::deeds::Whom;
use crate::message::{Message, Token};
use crate::node::Node;
use std::sync::atomic::Ordering;
use throng::Context;

/// A link, between a state of an actor and one of another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linked {
    pub(crate) by: (u32, u32),
    pub(crate) to: u32,
    /// The other had ended before the link was made: that kills too. And it had when the link had been made, which may have been so before.
    pub(crate) late: bool,
    pub(crate) perhaps_late: bool,
    /// The other's end is told, by a tie, and not shared.
    pub(crate) trapped: bool,
}

impl Node {
    /// Links itself to another, which may be killed for it.
    pub(crate) fn link(&mut self, (other, address): Whom, trapped: bool, cx: &mut Context<'_, Self>) {
        let book = &self.book;
        book.note(|| format!("{} links itself to {other}, trapped {trapped}", self.slot));
        book.slot(other).cut.store(true, Ordering::Release);
        book.slot(self.slot).cut.store(true, Ordering::Release);
        // Of one that is made anew in place its links tell too, and its watches do not.
        let late = !address.is_alive();
        let trapped = trapped && book.cast_of(other).tree.is_none();
        if trapped {
            let tie = self.tie(other, Some(late));
            let token = Token::new(book);
            cx.link_trapped(address, move |ended| Message::Ended { tie, ended, _token: token });
        } else {
            cx.link(address);
        }
        let perhaps_late = !address.is_alive();
        let link = Linked { by: self.who(), to: other, late, perhaps_late, trapped };
        locked(&self.book.lists).links.push(link);
    }
}

fn lives(slot: &Slot) -> bool {
    slot.address.get().is_some_and(|address| address.is_alive())
}

/// Whether it has ended, after it had begun, otherwise than in good order.
fn has_fallen(slot: &Slot) -> bool {
    !lives(slot) && slot.states.load(Ordering::Acquire) > 0 && !slot.bye.load(Ordering::Acquire)
}

/// Who is linked to one that has fallen ends, and nobody else does. Of supervisors' children nobody outside knows which state was linked.
pub(crate) fn judge(book: &Book) {
    let links = &locked(&book.lists).links;
    let alone = |slot: u32| book.cast_of(slot).tree.is_none();
    for link in links.iter().filter(|link| alone(link.by.0) && alone(link.to)) {
        let (by, to) = (book.slot(link.by.0), book.slot(link.to));
        let told = |fallen: u32, other: u32| {
            book.wrong(|| {
                format!("links: {fallen} has not ended in good order, and {other} goes on, which is linked to it: {link:?}")
            });
        };
        if (has_fallen(to) || link.late) && lives(by) && !link.trapped {
            told(link.to, link.by.0);
        }
        if has_fallen(by) && lives(to) {
            told(link.by.0, link.to);
        }
    }
    for (n, slot) in book.seats().iter().enumerate() {
        let n = n as u32;
        if !alone(n) || !has_fallen(slot) || slot.doomed.load(Ordering::Acquire) {
            continue;
        }
        let shares = |link: &Linked| {
            let other = match (link.by.0 == n, link.to == n) {
                (true, _) if link.trapped => return false,
                (true, _) => link.to,
                (_, true) => link.by.0,
                _ => return false,
            };
            let of = book.slot(other);
            let guarded = !alone(other) && (of.doomed.load(Ordering::Acquire) || !lives(of));
            // On threads it may have been at its end, and there is no telling when.
            let perhaps = link.perhaps_late || (!book.simulated && !lives(of));
            perhaps || has_fallen(of) || guarded
        };
        if !links.iter().any(shares) {
            book.wrong(|| {
                format!("links: {n} has not ended in good order, and neither a fault, an order nor a link is to blame")
            });
        }
    }
}

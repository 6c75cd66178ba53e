//! A room of a chat: it keeps who is in it, numbers what is posted and passes it on to each member; and what rooms and
//! users say of each other in the end, held against each other.

use super::nursery::Stripes;
use super::plan::Planted;
use super::tally::{Alone, Tally};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use throng::{Actor, Address, Context, Fault};

/// How many of the things that do not agree are told.
const TOLD: usize = 8;

/// What a user asks of a room.
pub enum Wish {
    /// Pass this on to all who are in it.
    Post {
        /// Who says it.
        author: u32,
        /// When, in ticks; 0 where that is not to be recorded.
        stamp: u64,
    },
    /// Let this user in.
    Join {
        /// Who.
        user: u32,
    },
    /// Let this user out.
    Leave {
        /// Who.
        user: u32,
    },
    /// The load is over: say what there is.
    Close,
}

/// What a user is told.
pub enum Told {
    /// Act.
    Turn,
    /// Somebody has posted.
    Posted {
        /// Where.
        room: u32,
        /// Who.
        author: u32,
        /// Which post of the room it is; after 32 bits they begin again.
        number: u32,
        /// When it was posted, in ticks; 0 where that is not recorded.
        stamp: u64,
    },
    /// You are in this room now.
    Joined {
        /// Which.
        room: u32,
        /// The number of its next post.
        next: u32,
    },
    /// You are no more in this room.
    Left {
        /// Which.
        room: u32,
        /// The number of its next post, which is not for you.
        next: u32,
    },
    /// All have acted: look whether all posts have arrived.
    Look,
    /// The load is over: say what there is.
    Close,
}

/// What a room says in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEnd {
    /// Which.
    pub room: u32,
    /// The number of its next post.
    pub next: u32,
    /// Who is in it.
    pub members: Vec<u32>,
}

/// What a user says in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEnd {
    /// Who.
    pub user: u32,
    /// The rooms that the user is in, each with the number that its next post must have.
    pub rooms: Vec<(u32, u32)>,
}

/// What rooms and users know of each other.
#[derive(Debug)]
pub struct Town {
    /// In the order of their numbers.
    pub rooms: OnceLock<Box<[Address<Wish>]>>,
    /// In the order of their numbers.
    pub users: OnceLock<Box<[Address<Told>]>>,
    /// Posts that were passed on, and to how many in all.
    pub sent: &'static Stripes,
    /// What each says in the end.
    pub ends: Mutex<(Vec<RoomEnd>, Vec<UserEnd>)>,
    /// To be planted into the first room's first post.
    pub fault: Option<Planted>,
    /// Of the run.
    pub tally: &'static Tally,
}

impl Town {
    /// A room's address.
    #[inline]
    pub fn room(&self, nth: u32) -> Option<Address<Wish>> {
        self.rooms.get()?.get(nth as usize).copied()
    }

    /// A user's address.
    #[inline]
    pub fn user(&self, nth: u32) -> Option<Address<Told>> {
        self.users.get()?.get(nth as usize).copied()
    }
}

/// Who is in it, and what was said in it.
pub struct Room {
    town: &'static Town,
    nth: u32,
    members: Vec<u32>,
    /// The number of the next post.
    next: u32,
    /// To be planted into it.
    fault: Option<Planted>,
    alone: Alone,
}

impl Room {
    /// With these in it, none of them twice.
    pub fn new(town: &'static Town, nth: u32, members: Vec<u32>) -> Self {
        let fault = town.fault.filter(|_| nth == 0);
        Self { town, nth, members, next: 0, fault, alone: Alone::default() }
    }

    fn tell(&self, user: u32, told: Told, cx: &mut Context<'_, Self>) {
        let tally = self.town.tally;
        match self.town.user(user) {
            Some(to) => {
                if let Err(refused) = cx.send(to, told) {
                    tally.refused(refused.reason());
                }
            }
            None => tally.wrong(|| format!("room {} has user {user}, who does not exist", self.nth)),
        }
    }

    fn post(&mut self, author: u32, stamp: u64, cx: &mut Context<'_, Self>) {
        let (room, number) = (self.nth, self.next);
        self.next = self.next.wrapping_add(1);
        // Before the first of them is sent: who sees one of them sees the count.
        self.town.sent.count(cx.worker_index(), self.members.len() as u64);
        let posted = || Told::Posted { room, author, number, stamp };
        let (mut is_member, mut kept) = (false, None);
        match self.fault.take_if(|_| self.members.len() > 1) {
            Some(Planted::Lost) => kept = self.members.iter().copied().find(|member| *member != author),
            Some(Planted::Duplicated) => self.tell(author, posted(), cx),
            Some(Planted::Astray) => {
                let stranger = (0..).find(|user| !self.members.contains(user));
                self.tell(stranger.unwrap_or_default(), posted(), cx);
            }
            _ => {}
        }
        for member in &self.members {
            is_member |= *member == author;
            if Some(*member) != kept {
                self.tell(*member, posted(), cx);
            }
        }
        if !is_member {
            self.town.tally.wrong(|| format!("user {author} posted to room {room} without being in it"));
        }
    }

    fn join(&mut self, user: u32, cx: &mut Context<'_, Self>) {
        if self.members.contains(&user) {
            return self.town.tally.wrong(|| format!("user {user} came to room {} twice", self.nth));
        }
        self.members.push(user);
        self.tell(user, Told::Joined { room: self.nth, next: self.next }, cx);
    }

    fn leave(&mut self, user: u32, cx: &mut Context<'_, Self>) {
        let Some(place) = self.members.iter().position(|member| *member == user) else {
            return self
                .town
                .tally
                .wrong(|| format!("user {user} left room {} without being in it", self.nth));
        };
        self.members.swap_remove(place);
        self.tell(user, Told::Left { room: self.nth, next: self.next }, cx);
    }

    fn close(&mut self) {
        let end = RoomEnd { room: self.nth, next: self.next, members: std::mem::take(&mut self.members) };
        self.town.ends.lock().unwrap_or_else(PoisonError::into_inner).0.push(end);
    }
}

impl Actor for Room {
    type Msg = Wish;

    fn handle(&mut self, wish: Wish, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.town.tally.overlap();
        }
        match wish {
            Wish::Post { author, stamp } => self.post(author, stamp, cx),
            Wish::Join { user } => self.join(user, cx),
            Wish::Leave { user } => self.leave(user, cx),
            Wish::Close => self.close(),
        }
        if self.alone.leave() {
            self.town.tally.overlap();
        }
        Ok(())
    }
}

/// What rooms and users do not agree about: who is in which room, and that each member has had every post of the time.
pub fn wrong(rooms: &[RoomEnd], users: &[UserEnd]) -> Vec<String> {
    let mut known: HashMap<(u32, u32), u32> = HashMap::new();
    for UserEnd { user, rooms } in users {
        known.extend(rooms.iter().map(|(room, next)| ((*room, *user), *next)));
    }
    let mut wrong = Vec::new();
    for RoomEnd { room, next: sent, members } in rooms {
        for user in members {
            match known.remove(&(*room, *user)) {
                None => wrong.push(format!("user {user} is in room {room}, and does not know of it")),
                Some(next) if next != *sent => wrong
                    .push(format!("user {user} waits for post {next} of room {room}, whose next is {sent}")),
                Some(_) => {}
            }
        }
    }
    let mut only: Vec<_> = known.into_keys().collect();
    only.sort_unstable();
    wrong.extend(only.iter().map(|(room, user)| {
        format!("user {user} takes itself to be in room {room}, which does not know of it")
    }));
    let more = wrong.len().saturating_sub(TOLD);
    wrong.truncate(TOLD);
    if more > 0 {
        wrong.push(format!("and {more} more"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where this was done to two rooms and three users that agree.
    fn found(harm: impl FnOnce(&mut Vec<RoomEnd>, &mut Vec<UserEnd>)) -> Vec<String> {
        let mut rooms = vec![
            RoomEnd { room: 0, next: 7, members: vec![2, 0] },
            RoomEnd { room: 1, next: 0, members: vec![2] },
        ];
        let mut users: Vec<_> = [vec![(0, 7)], vec![], vec![(0, 7), (1, 0)]]
            .into_iter()
            .enumerate()
            .map(|(user, rooms)| UserEnd { user: user as u32, rooms })
            .collect();
        harm(&mut rooms, &mut users);
        wrong(&rooms, &users)
    }

    #[test]
    fn rooms_and_users_must_agree() {
        assert_eq!(found(|_, _| {}), [""; 0]);
        assert_eq!(
            found(|_, users| users[2].rooms[0].1 = 6),
            ["user 2 waits for post 6 of room 0, whose next is 7"]
        );
        assert_eq!(
            found(|rooms, _| rooms[1].members.push(1)),
            ["user 1 is in room 1, and does not know of it"]
        );
        assert_eq!(
            found(|_, users| users[1].rooms.push((0, 7))),
            ["user 1 takes itself to be in room 0, which does not know of it"]
        );
        assert_eq!(
            found(|rooms, _| rooms[0].members.push(0)),
            ["user 0 is in room 0, and does not know of it"],
            "twice"
        );
        let many = found(|rooms, _| rooms[1].members.extend(10..100));
        assert_eq!((many.len(), many.last().map(String::as_str)), (TOLD + 1, Some("and 82 more")));
    }
}

//! Bank transaction: a teller draws transfers between accounts. The account that pays waits until the other has told that it has the
//! money, and puts aside whatever else it is told meanwhile; it refuses a transfer that is more than it has.
//!
//! Verified by the books of the accounts, which are played again: each transfer is in the book of who pays once, and, unless it had to
//! be refused, once in that of who is paid; nobody did anything between a payment and its arrival, no balance was ever negative, and all
//! together have what they had.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Reply};

const SEED: u64 = 1;
/// Amounts are below, and above 0.
const AMOUNT: u64 = 1_000;
/// Transfers that are under way at the same time: fewer than the messages that an account can put aside, which is its capacity, 1,024,
/// less one.
const UNDER_WAY: u32 = 512;

/// Savina's `banking`. Balances are whole numbers, and not so large that they are always enough.
#[derive(Clone, Copy)]
pub(super) struct BankTransaction {
    accounts: u32,
    transfers: u32,
    balance: u64,
}

/// From an account to one behind it, as in the suite: so those that wait for each other never wait in a circle.
#[derive(Clone, Copy)]
pub(super) struct Transfer {
    from: u32,
    to: u32,
    amount: u64,
}

impl Transfer {
    fn draw(seeded: &mut Seeded, accounts: u32) -> Self {
        let all = u64::from(accounts);
        let from = seeded.below(all / 10 * 8);
        let to = from + 1 + seeded.below(all - from - 1);
        Self { from: from as u32, to: to as u32, amount: 1 + seeded.below(AMOUNT - 1) }
    }
}

/// What stands in the book of an account, with the number of the transfer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Paid(u32),
    /// What was paid last has arrived.
    Arrived,
    Refused(u32),
    Received(u32),
}

/// An account in the end.
#[derive(Clone, Default)]
pub(super) struct Book {
    balance: u64,
    entries: Vec<Entry>,
}

/// What came of it.
pub(super) struct Answer {
    books: Vec<Book>,
    /// As the teller was told.
    refused: u32,
}

/// Who draws, and makes the accounts.
pub(super) struct Teller {
    size: BankTransaction,
    seeded: Seeded,
    accounts: Vec<Address<ToAccount>>,
    /// Transfers that were drawn, and that have come to their end.
    drawn: u32,
    ended: u32,
    /// Accounts that are open.
    open: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToTeller {
    Begin(Reply<Answer>),
    /// A transfer has come to its end; whether it was paid.
    Ended(bool),
    Closed(u32, Book),
}

impl Actor for Teller {
    type Msg = ToTeller;

    fn handle(&mut self, message: ToTeller, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToTeller::Begin(reply) => {
                self.reply = Some(reply);
                let (teller, balance) = (cx.me(), self.size.balance);
                let account = |number| cx.spawn(Account::new(number, balance, teller));
                self.accounts = (0..self.size.accounts).map(account).collect();
                (0..UNDER_WAY.min(self.size.transfers)).try_for_each(|_| self.transfer(cx))
            }
            ToTeller::Ended(is_paid) => {
                self.answer.refused += u32::from(!is_paid);
                self.ended += 1;
                if self.drawn < self.size.transfers {
                    return self.transfer(cx);
                }
                if self.ended < self.size.transfers {
                    return Ok(());
                }
                self.accounts.iter().try_for_each(|&each| Ok(cx.send(each, ToAccount::Close)?))
            }
            ToTeller::Closed(account, book) => {
                self.answer.books[account as usize] = book;
                self.open -= 1;
                if self.open == 0 {
                    let reply = asker(&mut self.reply)?;
                    reply.send(Answer { books: take(&mut self.answer.books), refused: self.answer.refused });
                }
                Ok(())
            }
        }
    }
}

impl Teller {
    fn transfer(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Transfer { from, to, amount } = Transfer::draw(&mut self.seeded, self.size.accounts);
        let number = self.drawn;
        self.drawn += 1;
        let to = self.accounts[to as usize];
        Ok(cx.send(self.accounts[from as usize], ToAccount::Pay { number, amount, to })?)
    }
}

struct Account {
    number: u32,
    book: Book,
    /// Whether it waits to be told that its money has arrived.
    is_paying: bool,
    teller: Address<ToTeller>,
}

enum ToAccount {
    Pay {
        number: u32,
        amount: u64,
        to: Address<ToAccount>,
    },
    Receive {
        number: u32,
        amount: u64,
        from: Address<ToAccount>,
    },
    /// What was paid has arrived.
    Arrived,
    Close,
}

impl Account {
    fn new(number: u32, balance: u64, teller: Address<ToTeller>) -> Self {
        Self { number, book: Book { balance, entries: Vec::new() }, is_paying: false, teller }
    }
}

impl Actor for Account {
    type Msg = ToAccount;

    fn handle(&mut self, message: ToAccount, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAccount::Arrived => {
                self.is_paying = false;
                self.book.entries.push(Entry::Arrived);
                cx.send(self.teller, ToTeller::Ended(true))?;
            }
            other if self.is_paying => return Ok(cx.stash(other)?),
            ToAccount::Pay { number, amount, to } => match self.book.balance.checked_sub(amount) {
                Some(balance) => {
                    self.book.balance = balance;
                    self.book.entries.push(Entry::Paid(number));
                    self.is_paying = true;
                    let from = cx.me();
                    cx.send(to, ToAccount::Receive { number, amount, from })?;
                    return Ok(());
                }
                None => {
                    self.book.entries.push(Entry::Refused(number));
                    cx.send(self.teller, ToTeller::Ended(false))?;
                }
            },
            ToAccount::Receive { number, amount, from } => {
                self.book.balance += amount;
                self.book.entries.push(Entry::Received(number));
                cx.send(from, ToAccount::Arrived)?;
            }
            ToAccount::Close => {
                cx.send(self.teller, ToTeller::Closed(self.number, take(&mut self.book)))?;
                cx.stop();
            }
        }
        // One alone: it may be a payment, and then the others would have to be put aside again.
        cx.unstash();
        Ok(())
    }
}

impl Workload for BankTransaction {
    const NAME: &'static str = "bank-transaction";
    const DIFFERS: &'static str = "";

    type Main = Teller;
    type Answer = Answer;
    type Expected = Vec<Transfer>;

    fn of(size: Size) -> Self {
        let (accounts, transfers) = size.of((20, 600), (1_000, 50_000), (1_000, 500_000));
        // As many transfers of the mean amount as there are for each account: the first, to which few pay, come to their end.
        let balance = AMOUNT / 2 * u64::from(transfers / accounts);
        Self { accounts, transfers, balance }
    }

    fn words(&self) -> String {
        let transfers = units::counted(self.transfers.into(), "transfer");
        let accounts = units::counted(self.accounts.into(), "account");
        format!("{transfers} between {accounts} with {} each", units::count(self.balance))
    }

    fn messages(&self) -> Messages {
        // A transfer that is refused takes two, and an account that is closed.
        Messages::AtLeast(1 + 2 * u64::from(self.transfers) + 2 * u64::from(self.accounts))
    }

    fn expected(&self) -> Vec<Transfer> {
        let mut seeded = Seeded::new(SEED);
        (0..self.transfers).map(|_| Transfer::draw(&mut seeded, self.accounts)).collect()
    }

    fn main(&self) -> Teller {
        Teller {
            size: *self,
            seeded: Seeded::new(SEED),
            accounts: Vec::new(),
            drawn: 0,
            ended: 0,
            open: self.accounts,
            answer: Answer { books: vec![Book::default(); self.accounts as usize], refused: 0 },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToTeller {
        ToTeller::Begin(reply)
    }

    fn check(&self, expected: &Vec<Transfer>, answer: Answer) -> Result<(), String> {
        same("accounts", self.accounts as usize, answer.books.len())?;
        // How often each transfer was paid, refused, and received.
        let mut seen = vec![[0_u32; 3]; expected.len()];
        let (mut all, mut refused) = (0, 0);
        for (account, book) in (0_u32..).zip(&answer.books) {
            let mut balance = self.balance;
            let mut is_paying = false;
            for &entry in &book.entries {
                let (side, number) = match entry {
                    Entry::Arrived if is_paying => {
                        is_paying = false;
                        continue;
                    }
                    Entry::Arrived => return Err(format!("{account} was told of what it had not paid")),
                    _ if is_paying => {
                        return Err(format!("{account} did not wait after a payment: {entry:?}"));
                    }
                    Entry::Paid(number) => (0, number),
                    Entry::Refused(number) => (1, number),
                    Entry::Received(number) => (2, number),
                };
                let transfer = expected.get(number as usize);
                let &Transfer { from, to, amount } =
                    transfer.ok_or_else(|| format!("there is no transfer {number}"))?;
                seen[number as usize][side] += 1;
                let whose = if side == 2 { to } else { from };
                same(format_args!("whose book transfer {number} is in"), whose, account)?;
                if side == 2 {
                    balance += amount;
                    continue;
                }
                let is_enough = balance >= amount;
                same(format_args!("whether transfer {number} is paid"), is_enough, side == 0)?;
                is_paying = is_enough;
                balance -= if is_enough { amount } else { 0 };
                refused += u32::from(!is_enough);
            }
            same(format_args!("the balance of {account}"), balance, book.balance)?;
            all += balance;
        }
        for (number, [paid, refused, received]) in seen.into_iter().enumerate() {
            same(format_args!("ends of transfer {number}"), 1, paid + refused)?;
            same(format_args!("arrivals of transfer {number}"), paid, received)?;
        }
        same("transfers refused", refused, answer.refused)?;
        same("money", u64::from(self.accounts) * self.balance, all)
    }
}

#[cfg(test)]
mod tests {
    use super::Entry::{Arrived, Paid, Received, Refused};
    use super::*;

    fn right() -> Answer {
        let book = |balance, entries: &[Entry]| Book { balance, entries: entries.to_vec() };
        let books = vec![
            book(40, &[Paid(0), Arrived, Refused(1)]),
            book(10, &[Paid(2), Arrived, Received(0), Paid(3), Arrived]),
            book(250, &[Received(3), Received(2)]),
        ];
        Answer { books, refused: 1 }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let workload = BankTransaction { accounts: 3, transfers: 4, balance: 100 };
        let transfer = |(from, to, amount)| Transfer { from, to, amount };
        let expected = [(0, 1, 60), (0, 2, 41), (1, 2, 100), (1, 2, 50)].map(transfer).to_vec();
        let checked = |spoil: fn(&mut Answer)| {
            let mut answer = right();
            spoil(&mut answer);
            workload.check(&expected, answer)
        };
        assert_eq!(checked(|_| ()), Ok(()));
        let refused = |spoil, words: &str| assert_eq!(checked(spoil), Err(words.into()));
        refused(|answer| answer.books[0].balance = 41, "the balance of 0: 40 was to be, 41 is");
        refused(
            |answer| answer.books[0].entries = vec![Refused(1), Paid(0), Arrived],
            "whether transfer 1 is paid: true was to be, false is",
        );
        refused(
            |answer| answer.books[1].entries = vec![Paid(2), Arrived, Paid(3), Arrived, Received(0)],
            "whether transfer 3 is paid: false was to be, true is",
        );
        refused(|answer| answer.books[1].entries.swap(1, 2), "1 did not wait after a payment: Received(0)");
        refused(|answer| answer.books[2].entries.push(Arrived), "2 was told of what it had not paid");
        refused(
            |answer| {
                answer.books[0].entries.pop();
            },
            "ends of transfer 1: 1 was to be, 0 is",
        );
        refused(
            |answer| {
                answer.books[2].entries.pop();
                answer.books[2].balance = 150;
            },
            "arrivals of transfer 2: 1 was to be, 0 is",
        );
        refused(
            |answer| answer.books[2].entries.push(Paid(0)),
            "whose book transfer 0 is in: 0 was to be, 2 is",
        );
        refused(|answer| answer.refused = 0, "transfers refused: 1 was to be, 0 is");
    }

    #[test]
    fn a_transfer_goes_to_an_account_behind() {
        let mut seeded = Seeded::new(SEED);
        for _ in 0..10_000 {
            let Transfer { from, to, amount } = Transfer::draw(&mut seeded, 10);
            assert!(from < 8 && from < to && to < 10 && (1..1_000).contains(&amount));
        }
    }
}

//! Bank transaction: a teller draws transfers between accounts, and has them all under way at the same time. The account that pays
//! waits until the other has told that it has the money, and puts aside whatever else it is told meanwhile.
//!
//! Verified by the books of the accounts, which are played again: each transfer is in the book of who pays once, once in that of who is
//! paid, and its end was told once; nobody did anything between a payment and its arrival, and in the end each balance is what its book
//! and all transfers in a loop make it. That none is ever negative says nothing more: each account opens, as in the suite, with more than
//! all transfers take, so that they all can be made in any order.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Options, Reply};

const SEED: u64 = 1;
/// Amounts are below.
const AMOUNT: u64 = 1_000;
/// Transfers that are drawn in one go.
const CHUNK: u32 = 64;
/// What an account can put aside, and one more: at the large size somewhat more than two thousand transfers are of the same account.
const CAPACITY: u32 = 8_192;

/// Savina's `banking`. Amounts are whole numbers, and balances so large that they are always enough.
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
        // The next account twice as often as one behind it, as in the suite.
        let to = from + seeded.below(all - from).max(1);
        Self { from: from as u32, to: to as u32, amount: seeded.below(AMOUNT) }
    }
}

/// What stands in the book of an account, with the number of the transfer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Paid(u32),
    /// What was paid last has arrived.
    Arrived,
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
    /// Transfers that came to their end, as the teller was told.
    ended: Vec<u32>,
    /// How often accounts put aside what they were told.
    put_aside: u64,
}

/// What the oracle knows.
pub(super) struct Expected {
    transfers: Vec<Transfer>,
    /// Of each account in the end.
    balances: Vec<u64>,
}

/// Who draws, and makes the accounts.
pub(super) struct Teller {
    size: BankTransaction,
    seeded: Seeded,
    accounts: Vec<Address<ToAccount>>,
    /// Transfers that were drawn.
    drawn: u32,
    /// Accounts that are open.
    open: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToTeller {
    Begin(Reply<Answer>),
    /// More transfers.
    Go,
    /// This transfer has come to its end.
    Ended(u32),
    /// With how often it put aside what it was told.
    Closed(u32, u32, Book),
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
                self.transfer(cx)
            }
            ToTeller::Go => self.transfer(cx),
            ToTeller::Ended(number) => {
                self.answer.ended.push(number);
                if self.answer.ended.len() < self.size.transfers as usize {
                    return Ok(());
                }
                self.accounts.iter().try_for_each(|&each| Ok(cx.send(each, ToAccount::Close)?))
            }
            ToTeller::Closed(account, put_aside, book) => {
                self.answer.put_aside += u64::from(put_aside);
                self.answer.books[account as usize] = book;
                self.open -= 1;
                if self.open == 0 {
                    let reply = asker(&mut self.reply)?;
                    let (books, ended) = (take(&mut self.answer.books), take(&mut self.answer.ended));
                    reply.send(Answer { books, ended, ..self.answer });
                }
                Ok(())
            }
        }
    }
}

impl Teller {
    fn transfer(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let end = self.size.transfers.min(self.drawn + CHUNK);
        for number in self.drawn..end {
            let Transfer { from, to, amount } = Transfer::draw(&mut self.seeded, self.size.accounts);
            let to = self.accounts[to as usize];
            cx.send(self.accounts[from as usize], ToAccount::Pay { number, amount, to })?;
        }
        self.drawn = end;
        if end < self.size.transfers {
            let me = cx.me();
            cx.send(me, ToTeller::Go)?;
        }
        Ok(())
    }
}

struct Account {
    number: u32,
    book: Book,
    /// The transfer whose money it waits to be told has arrived.
    paying: Option<u32>,
    put_aside: u32,
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
        Self { number, book: Book { balance, entries: Vec::new() }, paying: None, put_aside: 0, teller }
    }
}

impl Actor for Account {
    type Msg = ToAccount;

    fn options() -> Options {
        const OPTIONS: Options = match Options::builder().capacity(CAPACITY).build() {
            Ok(options) => options,
            Err(_) => panic!("the capacity is in range"),
        };
        OPTIONS
    }

    fn handle(&mut self, message: ToAccount, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAccount::Arrived => {
                let number = self.paying.take().ok_or_else(|| Fault::msg("nothing was paid"))?;
                self.book.entries.push(Entry::Arrived);
                cx.send(self.teller, ToTeller::Ended(number))?;
            }
            other if self.paying.is_some() => {
                cx.stash(other)?;
                self.put_aside += 1;
                return Ok(());
            }
            ToAccount::Pay { number, amount, to } => {
                let balance = self.book.balance.checked_sub(amount);
                self.book.balance = balance.ok_or_else(|| Fault::msg("there is not enough"))?;
                self.book.entries.push(Entry::Paid(number));
                self.paying = Some(number);
                let from = cx.me();
                cx.send(to, ToAccount::Receive { number, amount, from })?;
                return Ok(());
            }
            ToAccount::Receive { number, amount, from } => {
                self.book.balance += amount;
                self.book.entries.push(Entry::Received(number));
                cx.send(from, ToAccount::Arrived)?;
            }
            ToAccount::Close => {
                let book = take(&mut self.book);
                cx.send(self.teller, ToTeller::Closed(self.number, self.put_aside, book))?;
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
    const DIFFERS: &'static str = "accounts keep books, and have mailboxes of 8,192, more than \
        there are transfers of any one, as it may have to put all of them aside, so that they hold up nobody; transfers are drawn 64 at a time; amounts are whole \
        numbers";

    type Main = Teller;
    type Answer = Answer;
    type Expected = Expected;

    fn of(size: Size) -> Self {
        let (accounts, transfers) = size.of((20, 600), (1_000, 50_000), (1_000, 500_000));
        Self { accounts, transfers, balance: AMOUNT * u64::from(transfers) }
    }

    fn words(&self) -> String {
        let transfers = units::counted(self.transfers.into(), "transfer");
        format!("{transfers} between {}", units::counted(self.accounts.into(), "account"))
    }

    fn messages(&self) -> Messages {
        // A transfer takes four, an account that is closed two; and who draws goes on.
        let (chunks, transfers) = (u64::from(self.transfers.div_ceil(CHUNK)), u64::from(self.transfers));
        Messages::Exactly(1 + (chunks - 1) + 4 * transfers + 2 * u64::from(self.accounts))
    }

    fn expected(&self) -> Expected {
        let mut seeded = Seeded::new(SEED);
        let draw = |_| Transfer::draw(&mut seeded, self.accounts);
        let transfers: Vec<Transfer> = (0..self.transfers).map(draw).collect();
        let mut balances = vec![self.balance; self.accounts as usize];
        for &Transfer { from, to, amount } in &transfers {
            balances[from as usize] -= amount;
            balances[to as usize] += amount;
        }
        Expected { transfers, balances }
    }

    fn main(&self) -> Teller {
        let books = vec![Book::default(); self.accounts as usize];
        let ended = Vec::with_capacity(self.transfers as usize);
        Teller {
            size: *self,
            seeded: Seeded::new(SEED),
            accounts: Vec::new(),
            drawn: 0,
            open: self.accounts,
            answer: Answer { books, ended, put_aside: 0 },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToTeller {
        ToTeller::Begin(reply)
    }

    fn put_aside(&self, answer: &Answer) -> u64 {
        answer.put_aside
    }

    fn check(&self, expected: &Expected, answer: Answer) -> Result<(), String> {
        same("accounts", self.accounts as usize, answer.books.len())?;
        // How often each transfer was paid, received, and told to have come to its end.
        let mut seen = vec![[0_u32; 3]; expected.transfers.len()];
        let no_such = |number| format!("there is no transfer {number}");
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
                    Entry::Received(number) => (1, number),
                };
                let &Transfer { from, to, amount } =
                    expected.transfers.get(number as usize).ok_or_else(|| no_such(number))?;
                seen[number as usize][side] += 1;
                is_paying = side == 0;
                let whose = if is_paying { from } else { to };
                same(format_args!("whose book transfer {number} is in"), whose, account)?;
                balance = if is_paying {
                    let less = balance.checked_sub(amount);
                    less.ok_or_else(|| format!("{account} pays {amount} and has {balance}"))?
                } else {
                    balance + amount
                };
            }
            if is_paying {
                return Err(format!("{account} was closed before its last payment had arrived"));
            }
            same(format_args!("the balance of {account} by its book"), balance, book.balance)?;
            same(format_args!("the balance of {account}"), expected.balances[account as usize], balance)?;
        }
        for &number in &answer.ended {
            seen.get_mut(number as usize).ok_or_else(|| no_such(number))?[2] += 1;
        }
        for (number, [paid, received, ended]) in seen.into_iter().enumerate() {
            same(format_args!("payments of transfer {number}"), 1, paid)?;
            same(format_args!("arrivals of transfer {number}"), 1, received)?;
            same(format_args!("ends of transfer {number}"), 1, ended)?;
        }
        let money = answer.books.iter().map(|book| book.balance).sum();
        same("money", u64::from(self.accounts) * self.balance, money)
    }
}

#[cfg(test)]
mod tests {
    use super::Entry::{Arrived, Paid, Received};
    use super::*;

    fn right() -> Answer {
        let book = |balance, entries: &[Entry]| Book { balance, entries: entries.to_vec() };
        let books = vec![
            book(0, &[Paid(0), Arrived, Paid(1), Arrived]),
            book(10, &[Paid(2), Arrived, Received(0), Paid(3), Arrived]),
            book(290, &[Received(3), Received(1), Received(2)]),
        ];
        Answer { books, ended: vec![2, 0, 1, 3], put_aside: 5 }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let workload = BankTransaction { accounts: 3, transfers: 4, balance: 100 };
        let transfer = |(from, to, amount)| Transfer { from, to, amount };
        let transfers = [(0, 1, 60), (0, 2, 40), (1, 2, 100), (1, 2, 50)].map(transfer).to_vec();
        let expected = Expected { transfers, balances: vec![0, 10, 290] };
        let checked = |spoil: fn(&mut Answer)| {
            let mut answer = right();
            spoil(&mut answer);
            workload.check(&expected, answer)
        };
        assert_eq!(checked(|_| ()), Ok(()));
        assert_eq!(workload.put_aside(&right()), 5);
        let refused = |spoil, words: &str| assert_eq!(checked(spoil), Err(words.into()));
        refused(|answer| answer.books[0].balance = 1, "the balance of 0 by its book: 0 was to be, 1 is");
        refused(
            |answer| answer.books[1].entries = vec![Paid(2), Arrived, Paid(3), Arrived, Received(0)],
            "1 pays 50 and has 0",
        );
        refused(|answer| answer.books[1].entries.swap(1, 2), "1 did not wait after a payment: Received(0)");
        refused(|answer| answer.books[2].entries.push(Arrived), "2 was told of what it had not paid");
        refused(
            |answer| {
                answer.books[0].entries.pop();
            },
            "0 was closed before its last payment had arrived",
        );
        refused(
            |answer| {
                answer.books[2].entries.pop();
                answer.books[2].balance = 190;
            },
            "the balance of 2: 290 was to be, 190 is",
        );
        refused(
            |answer| answer.books[2].entries.push(Paid(0)),
            "whose book transfer 0 is in: 0 was to be, 2 is",
        );
        refused(|answer| answer.books[2].entries.push(Received(4)), "there is no transfer 4");
        // One that was doubled in the place of another.
        refused(|answer| answer.ended[1] = 2, "ends of transfer 0: 1 was to be, 0 is");
        refused(|answer| answer.ended.push(3), "ends of transfer 3: 1 was to be, 2 is");
    }

    #[test]
    fn a_transfer_goes_to_an_account_behind() {
        let mut seeded = Seeded::new(SEED);
        for _ in 0..10_000 {
            let Transfer { from, to, amount } = Transfer::draw(&mut seeded, 10);
            assert!(from < 8 && from < to && to < 10 && amount < 1_000);
        }
    }
}

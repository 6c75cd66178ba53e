//! An address is of its receiver's messages, and not of their subtypes: who finds the mailbox full opens what another has sent.

use throng::{Address, Outlet};

type Kept = fn(&'static str);
type Lent = for<'a> fn(&'a str);

fn of_a_subtype(address: Address<Kept>) -> Address<Lent> {
    address
}

fn into_a_flow(outlet: Outlet<Kept>) -> Outlet<Lent> {
    outlet
}

fn main() {}

//! An actor that writes rows together, four at a time, where a write costs much and a row little. Rows wait up to a minute for
//! their batch to become full; an actor that is stopped does not wait.

use std::time::Duration;
use throng::{Actor, Batch, Context, Fault, Options, System};

struct Table {
    rows: Vec<u32>,
    writes: u32,
}

impl Actor for Table {
    type Msg = u32;

    fn handle(&mut self, row: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.rows.push(row);
        Ok(())
    }

    fn handle_batch(&mut self, batch: &mut Batch<'_, u32>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        // What is not taken comes first in the next batch.
        for row in batch {
            self.handle(row, cx)?;
        }
        self.writes += 1;
        println!("write {}: {:?}", self.writes, std::mem::take(&mut self.rows));
        Ok(())
    }

    fn options() -> Options {
        // Options that do not fit are found when this is compiled.
        const OPTIONS: Options = match Options::builder().gather(4, Duration::from_secs(60)).build() {
            Ok(options) => options,
            Err(_) => panic!("these options are in range"),
        };
        OPTIONS
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let table = inline.spawn(Table { rows: Vec::new(), writes: 0 });
    for row in 1..=10_u32 {
        table.try_send(row)?;
    }
    inline.run_until_idle();
    println!("{} wait for more", inline.system().ledger().queued);
    let _told = table.stop();
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check()?;
    println!("{} rows written", ledger.handled);
    Ok(())
}

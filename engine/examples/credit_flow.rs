//! A flow in which the consumer says how much it wants: the producer has no end of items, and never sends one that was not
//! granted. Without a `flow_opened` of its own, a consumer's credit is granted by the engine.

use throng::{Actor, Address, Context, Demand, Fault, FlowError, Inlet, Options, Outlet, System};

const PAGE: u32 = 4;

/// Takes three pages, one at a time.
struct Reader {
    inlet: Option<Inlet>,
    page: Vec<u64>,
    pages: u32,
}

impl Actor for Reader {
    type Msg = u64;

    fn flow_opened(&mut self, inlet: &Inlet, cx: &mut Context<'_, Self>) -> Demand {
        if let Err(refused) = inlet.grant(cx, PAGE) {
            println!("no first page: {refused}");
        }
        self.inlet = Some(inlet.clone());
        Demand::ByHand
    }

    fn handle(&mut self, item: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.page.push(item);
        if self.page.len() < PAGE as usize {
            return Ok(());
        }
        self.pages += 1;
        println!("page {}: {:?}", self.pages, std::mem::take(&mut self.page));
        if let Some(inlet) = &self.inlet {
            if self.pages < 3 { inlet.grant(cx, PAGE)? } else { inlet.cancel(cx)? }
        }
        Ok(())
    }

    fn options() -> Options {
        // Options that do not fit are found when this is compiled.
        const OPTIONS: Options = match Options::builder().capacity(PAGE).flows(PAGE).build() {
            Ok(options) => options,
            Err(_) => panic!("these options are in range"),
        };
        OPTIONS
    }
}

struct Writer {
    to: Address<u64>,
    outlet: Option<Outlet<u64>>,
    next: u64,
}

enum Go {
    Open,
    /// There is credit again, or never will be.
    Ready,
}

impl Actor for Writer {
    type Msg = Go;

    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Go::Open = go {
            self.outlet = Some(cx.open_flow(self.to, PAGE, || Go::Ready)?);
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        loop {
            match outlet.send(cx, self.next) {
                Ok(()) => self.next += 1,
                // The item comes back, and `Go::Ready` when it can be sent.
                Err(FlowError::NoCredit(_)) => return Ok(()),
                Err(over) => {
                    println!("{over}: {} items sent", self.next);
                    self.outlet = None;
                    return Ok(());
                }
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let reader = inline.spawn(Reader { inlet: None, page: Vec::new(), pages: 0 });
    inline.spawn(Writer { to: reader, outlet: None, next: 0 }).try_send(Go::Open)?;
    inline.run_until_idle();
    inline.system().ledger().check()?;
    Ok(())
}

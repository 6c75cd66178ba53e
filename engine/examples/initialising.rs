//! A gateway that needs a route and a limit before it can serve: what is asked of it earlier is kept, and answered first.

use std::time::Duration;
use throng::{Context, Fault, Initialise, Initialising, Start, System};

enum Msg {
    Route(&'static str),
    Limit(u32),
    Serve(u32),
}

#[derive(Default)]
struct Gateway {
    route: Option<&'static str>,
    limit: u32,
}

type Cx<'a> = Context<'a, Initialising<Gateway>>;

impl Initialise for Gateway {
    type Msg = Msg;

    fn start(&mut self, message: Msg, _: &mut Cx<'_>) -> Result<Start<Msg>, Fault> {
        match message {
            Msg::Route(route) => self.route = Some(route),
            Msg::Limit(limit) => self.limit = limit,
            Msg::Serve(_) => return Ok(Start::Later(message)),
        }
        Ok(Start::Taken)
    }

    fn initialised(&mut self, _: &mut Cx<'_>) -> Result<(), Fault> {
        println!("begins: by {} up to {}", self.route.unwrap_or("no route"), self.limit);
        Ok(())
    }

    fn handle(&mut self, message: Msg, _: &mut Cx<'_>) -> Result<(), Fault> {
        match message {
            Msg::Serve(n) if n > self.limit => println!("{n} is too much"),
            Msg::Serve(n) => println!("serves {n}"),
            Msg::Route(route) => self.route = Some(route),
            Msg::Limit(limit) => self.limit = limit,
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let gateway = system.spawn(Initialising::new(2, Gateway::default()));
    for message in [Msg::Serve(1), Msg::Limit(5), Msg::Serve(9), Msg::Route("the north road"), Msg::Serve(2)]
    {
        gateway.try_send(message)?;
    }
    system.shutdown(Duration::from_secs(10))?;
    Ok(())
}

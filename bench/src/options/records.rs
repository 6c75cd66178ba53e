//! Which figures a load cannot have, as far as its command line tells.

use super::flag::Flag;
use super::line::Options;
use super::values::Sample;
use super::workload::{Mode, Workload};
use crate::assertion::metric::Metric;

impl Options {
    /// Whether a run of these options may have the figure.
    ///
    /// # Errors
    /// Why it has none, and which load has it.
    pub fn records(&self, metric: &Metric) -> Result<(), String> {
        let (name, workload, mode) = (metric.name(), self.workload.name(), self.mode());
        // Without a load there is the recording alone, of all three.
        let latency = metric.latency().filter(|_| self.workload != Workload::NoOp);
        if let Some((latency, _)) = latency {
            if !Flag::Sample.is_for(self.workload, mode) {
                return Err(format!("{workload} records no latency"));
            }
            if self.sample == Some(Sample::Off) && self.workload != Workload::Inject {
                return Err("--sample off records no latency".into());
            }
            if latency != "response" && mode != Mode::Open {
                return Err(format!("{} load has no {latency}: open load has it", mode.name()));
            }
        }
        if name.starts_with("load.") && mode != Mode::Open {
            return Err(format!("{} load has no {name}: open load has it", mode.name()));
        }
        if name == "bytes_per_actor" && self.workload != Workload::Idle {
            return Err(format!("{workload} has none: idle has it"));
        }
        if self.is_untimed() && ["ns_per_msg", "msgs_per_s"].contains(&name) {
            return Err(format!("{workload} is not timed: takes {} and the like", self.usual_figure()));
        }
        Ok(())
    }

    /// The name of the figure that tells most of a run: in open load the rate is what was asked for.
    pub fn usual_figure(&self) -> &'static str {
        match self.workload {
            Workload::Idle => "bytes_per_actor",
            _ if self.is_untimed() || self.mode() == Mode::Open => "response.p50",
            _ => "ns_per_msg",
        }
    }

    /// Whether no time is divided by its messages.
    fn is_untimed(&self) -> bool {
        matches!(self.workload, Workload::Idle | Workload::Inject | Workload::NoOp)
    }
}

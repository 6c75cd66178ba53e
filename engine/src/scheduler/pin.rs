//! Workers to processors.

/// Where the workers run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pin {
    /// Wherever the kernel puts them.
    None,
    /// Worker n on the nth processor that the process may use. The default.
    #[default]
    Compact,
    /// As far apart as the processors' numbers allow.
    Spread,
    /// Worker n on the nth of these processors.
    Processors(Vec<usize>),
}

impl Pin {
    /// The processor for each of `workers` workers; an empty list pins nobody.
    pub(crate) fn plan(&self, workers: usize) -> Vec<core_affinity::CoreId> {
        let all = core_affinity::get_core_ids().unwrap_or_default();
        if all.is_empty() {
            return all;
        }
        match self {
            Pin::None => Vec::new(),
            Pin::Compact => all.iter().copied().cycle().take(workers).collect(),
            Pin::Spread => {
                let step = (all.len() / workers.min(all.len())).max(1);
                all.iter().copied().step_by(step).cycle().take(workers).collect()
            }
            Pin::Processors(list) => {
                list.iter().cycle().take(workers).map(|id| core_affinity::CoreId { id: *id }).collect()
            }
        }
    }
}

/// Pins the calling thread; says whether the kernel did it.
pub(crate) fn pin(core: core_affinity::CoreId) -> bool {
    // The mask that the kernel is given holds no more.
    #[cfg(target_os = "linux")]
    if core.id >= libc::CPU_SETSIZE as usize {
        return false;
    }
    core_affinity::set_for_current(core)
}

/// The processors that a thread may use, as they were when it was asked. Threads inherit those of who starts them, so one that
/// a pinned worker starts would share its processor.
#[derive(Clone, Copy)]
pub(crate) struct Mask {
    #[cfg(target_os = "linux")]
    set: libc::cpu_set_t,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask")
    }
}

impl Mask {
    /// Those of the calling thread. None where the kernel has more than fit; nobody is pinned there either.
    #[cfg(target_os = "linux")]
    pub(crate) fn here() -> Option<Mask> {
        // SAFETY: a set of processors is plain bits.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: the kernel writes as many bytes as it is told there are.
        let answer = unsafe { libc::sched_getaffinity(0, std::mem::size_of_val(&set), &raw mut set) };
        (answer == 0).then_some(Mask { set })
    }

    /// Elsewhere than on Linux threads do not inherit them.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn here() -> Option<Mask> {
        None
    }

    /// Gives them to the calling thread. A refusal leaves it with those it has.
    pub(crate) fn wear(&self) {
        #[cfg(target_os = "linux")]
        // SAFETY: the kernel reads as many bytes as it is told there are.
        unsafe {
            libc::sched_setaffinity(0, std::mem::size_of_val(&self.set), &raw const self.set);
        }
    }
}

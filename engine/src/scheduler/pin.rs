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

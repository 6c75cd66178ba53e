//! When a load has warmed up: the counts of the last two seconds neither drift nor vary any more.

use std::time::Duration;

/// One window of counting.
pub const WINDOW: Duration = Duration::from_millis(100);
/// Windows that are looked at together: two seconds.
pub const WINDOWS: usize = 20;

/// The steepest slope, as a share of the mean, in a second.
const SLOPE_PER_S: f64 = 0.01;
/// The largest standard deviation, as a share of the mean.
const VARIATION: f64 = 0.05;
/// The 99 % point of a normal distribution, both sides: 1 slope of 100 that is noise alone is steeper.
const NORMAL_99: f64 = 2.576;
/// The 99 % point of chi-squared by its 19 degrees of freedom: 1 variance of 100 that is noise alone is larger.
const CHI_SQUARED_99: f64 = 36.19 / (WINDOWS - 1) as f64;

/// Watches the counts of consecutive windows. It is steady when over the last [`WINDOWS`] the slope (of the least
/// squares line) is below 1 % a second and the standard deviation below 5 %, both of the mean.
///
/// Few events vary by themselves: a Poisson count of mean m has a variance of m, so that 100 events a window could
/// never be within 5 %. Beyond the two limits that much is granted: the slope may be steeper by what is the 99 % point
/// of a line through such counts, and the variance larger by the 99 % point of the index of dispersion, which times its
/// degrees of freedom is chi-squared (Fisher, The significance of deviations from expectation in a Poisson series,
/// Biometrics 6, 1950; Cox and Lewis, The Statistical Analysis of Series of Events, 1966, chapter 6). The grant counts
/// below some 100k events a second for the slope and 10k for the variance; what is regular itself may so be a little
/// less so. Where in two seconds nothing comes nothing can be steady.
///
/// It sees two seconds: the crest of a slow swing looks steady to it. A load whose rate is planned to change never is.
/// How long to wait for it is the caller's.
#[derive(Debug, Clone)]
pub struct Steadiness {
    /// Events that come together.
    clump: f64,
    /// The last windows, scaled to the length of one.
    counts: [f64; WINDOWS],
    /// The variance of each, were its events independent.
    noises: [f64; WINDOWS],
    /// Windows so far; the next one's place is this by their number.
    seen: usize,
}

/// What the last two seconds look like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Events a second.
    pub per_s: f64,
    /// How much the rate grows in a second, as a share of it; negative where it falls.
    pub slope_per_s: f64,
    /// The standard deviation of the windows, as a share of their mean; the noise of counting is in it.
    pub variation: f64,
    /// Whether both are within their limits and what counting varies by itself.
    pub is_steady: bool,
}

impl Steadiness {
    /// For events that come by themselves.
    pub fn new() -> Self {
        Self::of_clumps(1)
    }

    /// For events of which so many come at once, as in bursts: their counts vary that much more, by `clump * m`.
    /// 0 is taken for 1.
    pub fn of_clumps(clump: u64) -> Self {
        Self { clump: clump.max(1) as f64, counts: [0.0; WINDOWS], noises: [0.0; WINDOWS], seen: 0 }
    }

    /// Takes the events of the next window; says whether the load is steady now. One that was looked at late is longer than
    /// [`WINDOW`] and counts by its length; one of no length is passed over.
    pub fn push(&mut self, count: u64, lasted: Duration) -> bool {
        if !lasted.is_zero() {
            let scale = WINDOW.as_secs_f64() / lasted.as_secs_f64();
            let place = self.seen % WINDOWS;
            self.counts[place] = count as f64 * scale;
            self.noises[place] = count as f64 * scale * scale * self.clump;
            self.seen += 1;
        }
        self.shape().is_some_and(|shape| shape.is_steady)
    }

    /// What the last two seconds look like; `None` before they are full, and where nothing came.
    pub fn shape(&self) -> Option<Shape> {
        let n = WINDOWS as f64;
        let mean = self.counts.iter().sum::<f64>() / n;
        if self.seen < WINDOWS || mean <= 0.0 {
            return None;
        }
        let noise = self.noises.iter().sum::<f64>() / n;
        let (mut along, mut squares, mut times) = (0.0, 0.0, 0.0);
        // From the oldest on.
        for (n, place) in (self.seen..self.seen + WINDOWS).enumerate() {
            let off = self.counts[place % WINDOWS] - mean;
            let s = (n as f64 - (WINDOWS - 1) as f64 / 2.0) * WINDOW.as_secs_f64();
            along += off * s;
            squares += off * off;
            times += s * s;
        }
        let (slope, variance) = (along / times, squares / (n - 1.0));
        let slope_most = SLOPE_PER_S * mean + NORMAL_99 * (noise / times).sqrt();
        let variance_most = (VARIATION * mean).powi(2) + CHI_SQUARED_99 * noise;
        Some(Shape {
            per_s: mean / WINDOW.as_secs_f64(),
            slope_per_s: slope / mean,
            variation: variance.sqrt() / mean,
            is_steady: slope.abs() < slope_most && variance < variance_most,
        })
    }
}

impl Default for Steadiness {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;

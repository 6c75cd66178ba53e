//! The Universal Scalability Law, fitted to throughput over workers (N. J. Gunther, Guerrilla Capacity Planning, 2007):
//! `X(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1))`.

use serde::{Deserialize, Serialize};

/// A fit of fewer points says nothing.
pub const POINTS_LEAST: usize = 6;

/// The law's coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usl {
    /// Throughput of one, a second.
    pub lambda: f64,
    /// Contention: the share that is done one after the other.
    pub sigma: f64,
    /// Coherence: what each pair costs.
    pub kappa: f64,
    /// With how many throughput is largest; `None` where more is always more.
    pub peak: Option<f64>,
}

impl Usl {
    /// The law that is closest to the points (n, throughput), by the relative errors of the time that each takes:
    /// `n / X` is linear in the coefficients. `None` of fewer than [`POINTS_LEAST`], and where no law is close.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        if points.len() < POINTS_LEAST || points.iter().any(|(n, x)| *n < 1.0 || *x <= 0.0) {
            return None;
        }
        // Neither share can be below 0: what would be is left out.
        let (mut with_sigma, mut with_kappa) = (true, true);
        loop {
            let [a, b, c] = solve(points, with_sigma, with_kappa)?;
            if b < 0.0 && with_sigma {
                with_sigma = false;
            } else if c < 0.0 && with_kappa {
                with_kappa = false;
            } else if a > 0.0 {
                let (sigma, kappa) = (b / a, c / a);
                let peak = (kappa > 0.0 && sigma < 1.0).then(|| ((1.0 - sigma) / kappa).sqrt());
                return Some(Self { lambda: 1.0 / a, sigma, kappa, peak });
            } else {
                return None;
            }
        }
    }
}

/// The least squares of `a + b (n - 1) + c n (n - 1) = n / X`, each equation divided by its right side.
fn solve(points: &[(f64, f64)], with_b: bool, with_c: bool) -> Option<[f64; 3]> {
    let mut normal = [[0.0; 4]; 3];
    for (n, x) in points {
        let time = n / x;
        let row = [1.0, if with_b { n - 1.0 } else { 0.0 }, if with_c { n * (n - 1.0) } else { 0.0 }];
        let row = row.map(|value| value / time);
        for i in 0..3 {
            for j in 0..3 {
                normal[i][j] += row[i] * row[j];
            }
            normal[i][3] += row[i];
        }
    }
    for (at, with) in [(1, with_b), (2, with_c)] {
        if !with {
            normal[at][at] = 1.0;
        }
    }
    eliminate(normal)
}

/// Gauss with the largest pivot.
fn eliminate(mut rows: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for at in 0..3 {
        let largest = (at..3).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))?;
        rows.swap(at, largest);
        let pivot = rows[at];
        if pivot[at].abs() < f64::MIN_POSITIVE {
            return None;
        }
        for other in (0..3).filter(|other| *other != at) {
            let factor = rows[other][at] / pivot[at];
            for (value, above) in rows[other].iter_mut().zip(pivot) {
                *value -= factor * above;
            }
        }
    }
    let solution = [0, 1, 2].map(|at| rows[at][3] / rows[at][at]);
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(n: f64, lambda: f64, sigma: f64, kappa: f64) -> f64 {
        lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
    }

    fn points(most: u32, lambda: f64, sigma: f64, kappa: f64) -> Vec<(f64, f64)> {
        (1..=most).map(f64::from).map(|n| (n, law(n, lambda, sigma, kappa))).collect()
    }

    #[test]
    fn a_law_is_found_again() {
        for (lambda, sigma, kappa) in
            [(1e6, 0.05, 0.002), (94e6, 0.3, 0.01), (10.0, 0.0, 0.001), (5.0, 0.1, 0.0)]
        {
            let usl = Usl::fit(&points(8, lambda, sigma, kappa)).expect("eight points");
            let close = |got: f64, is: f64| (got - is).abs() <= 1e-6 * is.max(1e-3);
            assert!(close(usl.lambda, lambda) && close(usl.sigma, sigma), "{usl:?}");
            assert!((usl.kappa - kappa).abs() < 1e-9, "{usl:?}");
            if kappa > 0.0 {
                let peak = usl.peak.expect("it has one");
                assert!((peak - ((1.0 - sigma) / kappa).sqrt()).abs() < 1e-3 * peak, "{usl:?}");
            }
        }
    }

    #[test]
    fn few_points_and_better_than_linear_are_no_law() {
        assert_eq!(Usl::fit(&points(5, 1e6, 0.05, 0.002)), None);
        assert_eq!(Usl::fit(&[(1.0, 0.0); 6]), None);
        // Better than linear: neither contention nor coherence, and no peak.
        let better: Vec<_> = (1..=6).map(|n| (f64::from(n), f64::from(n).powf(1.1))).collect();
        let usl = Usl::fit(&better).expect("six points");
        assert_eq!((usl.sigma, usl.kappa, usl.peak), (0.0, 0.0, None));
    }
}

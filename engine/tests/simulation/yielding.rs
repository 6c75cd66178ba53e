//! A future that lets others go first.

use std::future::poll_fn;
use std::task::Poll;

/// Wakes itself so many times.
pub(crate) async fn yields(times: u32) {
    let mut left = times;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

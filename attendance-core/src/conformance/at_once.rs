use std::pin::Pin;
use std::task::Poll;

/// Runs futures at the same time, on one task, without a runtime. Answers in their order.
pub(super) async fn at_once<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut all_done = true;
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            match Pin::as_mut(future).poll(context) {
                Poll::Ready(done) => *output = Some(done),
                Poll::Pending => all_done = false,
            }
        }
        if all_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().map(|(_, output)| output.expect("done")).collect()
}

//! Running a network on exactly one thread per picture.

use std::sync::{Arc, Mutex, PoisonError};

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};

use super::VisionError;

/// Single threads that networks run on. A run takes an idle one or starts one, so there are never more than pictures
/// were looked at together, and pictures never wait for each other: how many cores are used is the caller's choice.
#[derive(Debug, Default)]
pub(super) struct Threads {
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Threads {
    fn with<R>(&self, work: impl FnOnce(Arc<ThreadPool>) -> R) -> R {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let thread = idle.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let result = work(Arc::clone(&thread));
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        result
    }
}

/// A loaded network with one input.
pub(super) struct Network {
    model: Model,
    input: NodeId,
    outputs: Vec<NodeId>,
    threads: Arc<Threads>,
}

impl Network {
    pub(super) fn load(onnx: &'static [u8], threads: &Arc<Threads>) -> Result<Self, VisionError> {
        let mut options = ModelOptions::with_all_ops();
        let model = options.prepack_weights(true).load_static_slice(onnx).map_err(VisionError::load)?;
        Self::with(model, threads)
    }

    pub(super) fn load_owned(onnx: Vec<u8>, threads: &Arc<Threads>) -> Result<Self, VisionError> {
        let model = ModelOptions::with_all_ops().prepack_weights(true).load(onnx).map_err(VisionError::load)?;
        Self::with(model, threads)
    }

    fn with(model: Model, threads: &Arc<Threads>) -> Result<Self, VisionError> {
        let input = *model.input_ids().first().ok_or_else(|| VisionError::load("the network has no input"))?;
        let outputs = model.output_ids().to_vec();
        Ok(Self { model, input, outputs, threads: Arc::clone(threads) })
    }

    /// All outputs, each as its numbers in row-major order.
    pub(super) fn run(&self, shape: &[usize], input: Vec<f32>) -> Result<Vec<Vec<f32>>, VisionError> {
        let input = Value::from_shape(shape, input).map_err(VisionError::run)?;
        let outputs = self.threads.with(|thread| {
            let options = RunOptions::default().with_thread_pool(Some(thread));
            self.model.run(vec![(self.input, input.into())], &self.outputs, Some(options))
        });
        let numbers = |output: Value| Some(output.into_tensor::<f32>()?.into_data());
        let outputs: Option<Vec<_>> = outputs.map_err(VisionError::run)?.into_iter().map(numbers).collect();
        outputs.ok_or_else(|| VisionError::run("an output of the network is not of floats"))
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("parameters", &self.model.total_params()).finish_non_exhaustive()
    }
}

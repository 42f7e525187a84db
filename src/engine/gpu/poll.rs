//! One thread waits for the GPU, so that nobody else has to.
//!
//! It waits for submissions in their order and then runs what was to follow each. Every wait is
//! bounded: infinite waits are known to hang on software adapters, and a lost device must be noticed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::engine::EngineError;

/// How long to wait before looking whether the device is still there.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often to wait before saying so, and before giving up: a submission takes a second or so.
const WAITS: [u32; 2] = [15, 300];

type Then = Box<dyn FnOnce(Result<(), EngineError>) + Send>;

/// Hands submissions to the waiting thread, and ends it when dropped.
pub(super) struct Poller {
    sender: Option<Sender<(wgpu::SubmissionIndex, Then)>>,
    thread: Option<JoinHandle<()>>,
    queue: Mutex<wgpu::Queue>,
    fault: Fault,
}

/// The first error that the driver reported outside of any call.
#[derive(Clone)]
pub(super) struct Fault {
    device: String,
    message: Arc<Mutex<Option<String>>>,
}

impl Fault {
    pub fn watch(device: &wgpu::Device, name: &str) -> Self {
        let fault = Self { device: name.to_owned(), message: Arc::default() };
        let on_error = fault.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            on_error.set(error.to_string());
        }));
        let on_loss = fault.clone();
        device.set_device_lost_callback(move |reason, message| {
            // Dropping the device at the end of a run is reported here too.
            if reason != wgpu::DeviceLostReason::Destroyed {
                on_loss.set(format!("the device was lost: {message}"));
            }
        });
        fault
    }

    fn set(&self, message: String) {
        tracing::error!(device = self.device, message, "driver");
        self.message.lock().expect("no panic while held").get_or_insert(message);
    }

    pub fn check(&self) -> Result<(), EngineError> {
        match &*self.message.lock().expect("no panic while held") {
            Some(message) => {
                Err(EngineError::Device { device: self.device.clone(), message: message.clone() })
            }
            None => Ok(()),
        }
    }
}

impl Poller {
    /// Starts the thread, which does `first` what can be done while nothing has been submitted.
    pub fn start(
        device: wgpu::Device,
        queue: wgpu::Queue,
        fault: Fault,
        first: impl FnOnce() + Send + 'static,
    ) -> Self {
        let (sender, receiver) = channel();
        let waiting = fault.clone();
        let thread = std::thread::Builder::new()
            .name("gpu-poll".into())
            .spawn(move || {
                first();
                wait_for_all(&device, &receiver, &waiting);
            })
            .expect("the system can start a thread");
        Self { sender: Some(sender), thread: Some(thread), queue: Mutex::new(queue), fault }
    }

    /// Submits the commands, calls `after` (to ask for mappings), and has `then` run when the
    /// device has finished them.
    pub fn submit(
        &self,
        commands: wgpu::CommandBuffer,
        after: impl FnOnce(),
        then: impl FnOnce(Result<(), EngineError>) + Send + 'static,
    ) {
        // The lock keeps the order of waiting that of submission.
        let queue = self.queue.lock().expect("no panic while held");
        let index = queue.submit([commands]);
        after();
        let sender = self.sender.as_ref().expect("there is one until this is dropped");
        if let Err(unsent) = sender.send((index, Box::new(then))) {
            (unsent.0.1)(Err(EngineError::Stopped));
        }
    }

    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl Drop for Poller {
    /// Waits for the thread: a driver that is still at work when the process ends may crash it.
    fn drop(&mut self) {
        self.sender.take();
        let Some(thread) = self.thread.take() else { return };
        if thread.thread().id() != std::thread::current().id() {
            // A panic there has been reported already.
            let _ = thread.join();
        }
    }
}

fn wait_for_all(
    device: &wgpu::Device,
    receiver: &Receiver<(wgpu::SubmissionIndex, Then)>,
    fault: &Fault,
) {
    while let Ok((index, then)) = receiver.recv() {
        then(wait_for(device, &index, fault));
    }
}

fn wait_for(
    device: &wgpu::Device,
    index: &wgpu::SubmissionIndex,
    fault: &Fault,
) -> Result<(), EngineError> {
    let [remark, most] = WAITS;
    for waited in 1..=most {
        fault.check()?;
        let wait =
            wgpu::PollType::Wait { submission_index: Some(index.clone()), timeout: Some(PATIENCE) };
        match device.poll(wait) {
            Ok(_) => return fault.check(),
            Err(wgpu::PollError::Timeout) if waited % remark == 0 => {
                tracing::warn!(
                    seconds = (PATIENCE * waited).as_secs(),
                    "still waiting for {}",
                    fault.device
                );
            }
            Err(wgpu::PollError::Timeout) => {}
            Err(error) => fault.set(error.to_string()),
        }
    }
    fault.set(format!("no answer within {} s; the driver hangs", (PATIENCE * most).as_secs()));
    fault.check()
}

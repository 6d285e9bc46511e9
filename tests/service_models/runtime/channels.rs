//! Wraps tokio's channels and semaphores with points at which shuttle can switch, and provides the
//! bounded channel of a blocking thread.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, TryAcquireError};

use crate::runtime::switch_point;

/// Defines a type that wraps tokio's of the same name. Each use of it is a switch point.
macro_rules! switching {
    ($name:ident$(<$parameter:ident>)?, $inner:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name$(<$parameter>)?($inner);

        impl$(<$parameter>)? Deref for $name$(<$parameter>)? {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                switch_point();
                &self.0
            }
        }
    };
}

switching!(Mutex<T>, tokio::sync::Mutex<T>);
switching!(Notify, tokio::sync::Notify);
switching!(Semaphore, Arc<tokio::sync::Semaphore>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(tokio::sync::Mutex::new(value))
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self(tokio::sync::Notify::new())
    }
}

impl Semaphore {
    pub(crate) fn new(permits: usize) -> Self {
        Self(Arc::new(tokio::sync::Semaphore::new(permits)))
    }

    pub(crate) fn try_acquire_owned(
        self: Arc<Self>,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::clone(&**self).try_acquire_owned()
    }

    pub(crate) fn try_acquire_many_owned(
        self: Arc<Self>,
        permits: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::clone(&**self).try_acquire_many_owned(permits)
    }

    pub(crate) async fn acquire_owned(
        self: Arc<Self>,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.acquire_many_owned(1).await
    }

    pub(crate) async fn acquire_many_owned(
        self: Arc<Self>,
        permits: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        let inner = Arc::clone(&**self);
        inner.acquire_many_owned(permits).await
    }
}

/// Provides a channel of one value that many tasks watch.
pub(crate) mod watch {
    use std::ops::Deref;

    pub(crate) use tokio::sync::watch::Receiver;

    use crate::runtime::switch_point;

    switching!(Sender<T>, tokio::sync::watch::Sender<T>);

    impl<T> Sender<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(tokio::sync::watch::Sender::new(value))
        }
    }

    impl<T> Clone for Sender<T> {
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }

    pub(crate) fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = tokio::sync::watch::channel(value);
        (Sender(sender), receiver)
    }
}

/// Provides a channel for one value.
pub(crate) mod oneshot {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    pub(crate) use tokio::sync::oneshot::Sender;
    use tokio::sync::oneshot::error::RecvError;

    pub(crate) struct Receiver<T>(tokio::sync::oneshot::Receiver<T>);

    impl<T> Receiver<T> {
        pub(crate) fn blocking_recv(self) -> Result<T, RecvError> {
            shuttle::future::block_on(self)
        }
    }

    impl<T> Future for Receiver<T> {
        type Output = Result<T, RecvError>;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            Pin::new(&mut self.0).poll(cx)
        }
    }

    pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        (sender, Receiver(receiver))
    }
}

/// Provides a bounded channel to a thread that blocks. shuttle's has no `recv_timeout`.
pub(crate) mod mpsc {
    use std::collections::VecDeque;
    use std::sync::mpsc::{RecvError, RecvTimeoutError, TrySendError};
    use std::sync::{Arc, PoisonError};
    use std::time::Duration;

    use shuttle::rand::{Rng, thread_rng};
    use shuttle::sync::{Condvar, Mutex, MutexGuard};

    /// Upper bound of the looks at an empty queue before a wait times out.
    const MAX_LOOKS: usize = 3;

    struct Queue<T> {
        values: VecDeque<T>,
        is_closed: bool,
    }

    struct Shared<T> {
        queue: Mutex<Queue<T>>,
        changed: Condvar,
        max_values: usize,
    }

    impl<T> Shared<T> {
        fn lock(&self) -> MutexGuard<'_, Queue<T>> {
            self.queue.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    pub(crate) struct SyncSender<T>(Arc<Shared<T>>);

    pub(crate) struct Receiver<T>(Arc<Shared<T>>);

    pub(crate) fn sync_channel<T>(max_values: usize) -> (SyncSender<T>, Receiver<T>) {
        let queue = Mutex::new(Queue { values: VecDeque::new(), is_closed: false });
        let shared = Arc::new(Shared { queue, changed: Condvar::new(), max_values });
        (SyncSender(Arc::clone(&shared)), Receiver(shared))
    }

    impl<T> SyncSender<T> {
        pub(crate) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
            let mut queue = self.0.lock();
            if queue.is_closed {
                return Err(TrySendError::Disconnected(value));
            }
            if queue.values.len() == self.0.max_values {
                return Err(TrySendError::Full(value));
            }
            queue.values.push_back(value);
            self.0.changed.notify_one();
            Ok(())
        }
    }

    impl<T> Receiver<T> {
        pub(crate) fn recv(&self) -> Result<T, RecvError> {
            let mut queue = self.0.lock();
            loop {
                match queue.values.pop_front() {
                    Some(value) => return Ok(value),
                    None if queue.is_closed => return Err(RecvError),
                    None => {
                        let waited = self.0.changed.wait(queue);
                        queue = waited.unwrap_or_else(PoisonError::into_inner);
                    }
                }
            }
        }

        /// Waits for as long as shuttle's random numbers choose: a real wait can end at any point.
        pub(crate) fn recv_timeout(&self, _: Duration) -> Result<T, RecvTimeoutError> {
            for _ in 0..thread_rng().gen_range(1..=MAX_LOOKS) {
                let mut queue = self.0.lock();
                match queue.values.pop_front() {
                    Some(value) => return Ok(value),
                    None if queue.is_closed => return Err(RecvTimeoutError::Disconnected),
                    None => {}
                }
            }
            Err(RecvTimeoutError::Timeout)
        }
    }

    impl<T> Drop for SyncSender<T> {
        fn drop(&mut self) {
            self.0.lock().is_closed = true;
            self.0.changed.notify_one();
        }
    }

    impl<T> Drop for Receiver<T> {
        fn drop(&mut self) {
            self.0.lock().is_closed = true;
        }
    }
}

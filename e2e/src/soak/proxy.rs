//! A wire to the operator that breaks: connections pass through it, are cut anywhere, or lose their answers.
//!
//! In: a port to lead to. Out: a port to speak to, and the acts of breaking. It reads nothing of what passes: most of
//! it is under TLS, so that cuts fall where the count of bytes says, in the middle of a message as well as after it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::broadcast,
    task::AbortHandle,
};

/// The wire.
pub struct Proxy {
    /// Where to speak to.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    server: AbortHandle,
}

struct Shared {
    cuts: broadcast::Sender<()>,
    is_mute: AtomicBool,
    /// Bytes that the next connections may still send before they are cut; [`u64::MAX`]: no cut planned.
    cut_after: AtomicU64,
}

impl Proxy {
    /// A wire to a port of this machine.
    pub async fn start(to: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            cuts: broadcast::channel(16).0,
            is_mute: AtomicBool::new(false),
            cut_after: AtomicU64::new(u64::MAX),
        });
        let kept = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let shared = Arc::clone(&kept);
                tokio::spawn(async move {
                    if let Ok(far) = TcpStream::connect(("127.0.0.1", to)).await {
                        pass(near, far, &shared).await;
                    }
                });
            }
        });
        Ok(Self { address, shared, server: server.abort_handle() })
    }

    /// Cuts every connection now.
    pub fn cut(&self) {
        // Nobody may be connected.
        let _ = self.shared.cuts.send(());
    }

    /// Cuts the first connection that sends so many bytes from now on.
    pub fn cut_after(&self, n_bytes: u64) {
        self.shared.cut_after.store(n_bytes, Ordering::Relaxed);
    }

    /// Whether what the operator answers is thrown away.
    pub fn set_mute(&self, is_mute: bool) {
        self.shared.is_mute.store(is_mute, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(near: TcpStream, far: TcpStream, shared: &Shared) {
    let mut cuts = shared.cuts.subscribe();
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let up = async {
        let mut block = vec![0; 16 * 1024];
        while let Ok(n @ 1..) = from_near.read(&mut block).await {
            let left = shared.cut_after.load(Ordering::Relaxed);
            if left != u64::MAX {
                let rest = left.saturating_sub(n as u64);
                shared.cut_after.store(if rest == 0 { u64::MAX } else { rest }, Ordering::Relaxed);
                if rest == 0 {
                    let allowed = usize::try_from(left).unwrap_or(n).min(n);
                    let _ = to_far.write_all(&block[..allowed]).await;
                    return;
                }
            }
            if to_far.write_all(&block[..n]).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        let mut block = vec![0; 16 * 1024];
        while let Ok(n @ 1..) = from_far.read(&mut block).await {
            if !shared.is_mute.load(Ordering::Relaxed) && to_near.write_all(&block[..n]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = cuts.recv() => {}
    }
}

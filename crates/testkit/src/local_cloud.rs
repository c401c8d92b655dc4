//! A local AWS for tests: MiniStack, from PyPI, on a port of its own. `make test` installs it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Region of everything in it.
pub const REGION: &str = "eu-west-1";

/// Longest wait for it to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running local cloud. Ends, with the functions that it runs, when dropped.
#[derive(Debug)]
pub struct LocalCloud {
    child: Child,
    port: u16,
    program: PathBuf,
    folder: PathBuf,
    seen_as: String,
}

impl LocalCloud {
    /// Starts one; when it is not installed says so loudly on stderr and answers `None`, for a test to return.
    ///
    /// # Panics
    /// When it is installed and does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_behind(None)
    }

    /// As [`LocalCloud::start`], for functions that reach it at another address: that of something between them.
    ///
    /// # Panics
    /// When it is installed and does not start.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "a test that did not run must be seen in its output")]
    pub fn start_behind(address: Option<String>) -> Option<Self> {
        let program = program();
        if !program.exists() {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            eprintln!("skipped: {test}: no local cloud at {}; `make localcloud-tools` installs it", program.display());
            return None;
        }
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("osmtracker-local-cloud-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("make a temporary folder");
        let seen_as = address.unwrap_or_else(|| format!("http://127.0.0.1:{port}"));
        let child = spawn(&program, &folder, port, &seen_as);
        let cloud = Self { child, port, program, folder, seen_as };
        cloud.wait_until_healthy();
        Some(cloud)
    }

    /// Where its services are.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it and starts it again with everything that it kept. Functions at work go on for a while, as their servers
    /// would.
    ///
    /// # Panics
    /// When it does not start again.
    pub fn restart(&mut self) {
        self.end();
        self.child = spawn(&self.program, &self.folder, self.port, &self.seen_as);
        self.wait_until_healthy();
    }

    /// Process ids of the functions that it has started and that still run, with the name of each.
    #[must_use]
    pub fn functions(&self) -> Vec<(u32, String)> {
        children(self.child.id())
            .into_iter()
            .filter_map(|id| {
                let variables = std::fs::read(format!("/proc/{id}/environ")).ok()?;
                let name = variables.split(|byte| *byte == 0).find_map(|variable| {
                    String::from_utf8_lossy(variable).strip_prefix("AWS_LAMBDA_FUNCTION_NAME=").map(str::to_owned)
                })?;
                Some((id, name))
            })
            .collect()
    }

    fn wait_until_healthy(&self) {
        let started = Instant::now();
        while !self.is_healthy() {
            assert!(started.elapsed() < PATIENCE, "the local cloud does not answer at {}", self.endpoint());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_healthy(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
        let request = "GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        let timeout = stream.set_read_timeout(Some(Duration::from_secs(5)));
        timeout.and_then(|()| stream.write_all(request.as_bytes())).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// Asks it to end, which keeps its state, and makes sure that it does.
    fn end(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(20) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        // Functions that are at work would outlive it.
        let functions = children(self.child.id());
        self.end();
        for id in functions {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).stderr(Stdio::null()).status();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(program: &Path, folder: &Path, port: u16, endpoint: &str) -> Child {
    let mut command = Command::new(program);
    // Functions get its environment: nothing of the caller's must be in it, and its own address must.
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("MINISTACK_REGION", REGION)
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("PERSIST_STATE", "1")
        .env("STATE_DIR", folder.join("state"))
        .env("S3_PERSIST", "1")
        .env("S3_DATA_DIR", folder.join("objects"))
        // Services that nobody here needs, which would listen on ports of their own.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("start {}: {error}", program.display()))
}

/// Processes that a process has started and that still run.
fn children(id: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else { return Vec::new() };
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .flat_map(|children| children.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}

/// `$OSMTRACKER_TEST_MINISTACK`, else where `make localcloud-tools` puts it.
fn program() -> PathBuf {
    match std::env::var_os("OSMTRACKER_TEST_MINISTACK") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/localcloud/venv/bin/ministack"),
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind a port of this machine");
    listener.local_addr().expect("its address").port()
}

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::process::{Child, ExitStatus};

pub use rustix::process::Signal;
use rustix::process::{Pid, Resource, Rlimit, WaitOptions, kill_process, prlimit, waitpid};

/// How often a server is killed in a test: `usual` times, unless the environment variable
/// `BLUETRACE_KILLS` says otherwise.
pub fn kills(usual: usize) -> usize {
    env::var("BLUETRACE_KILLS").map_or(usual, |kills| kills.parse().expect("a number"))
}

/// The id of a child, which is ours as long as nobody has waited for it.
pub fn id(child: &Child) -> Pid {
    Pid::from_child(child)
}

pub fn send(pid: Pid, signal: Signal) {
    kill_process(pid, signal).expect("the process is there");
}

/// Stops a child of ours, and returns when it stands still.
pub fn freeze(pid: Pid) {
    send(pid, Signal::STOP);
    let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).expect("our child").expect("it");
    assert!(status.stopped(), "it ended instead: {status:?}");
}

/// Sets the soft limit of a resource of a running process and gives the old one.
pub fn limit(pid: Pid, resource: Resource, soft: Option<u64>) -> Option<u64> {
    let limit = Rlimit { current: soft, maximum: hard_limit(pid, resource) };
    prlimit(Some(pid), resource, limit).expect("a soft limit of our own child").current
}

/// The descriptors that a process has open.
pub fn descriptors(pid: Pid) -> Vec<u64> {
    let path = format!("/proc/{}/fd", pid.as_raw_nonzero());
    let entries = fs::read_dir(path).expect("the process is there");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().ok()?.parse().ok();
    entries.filter_map(|entry| name(entry.ok()?)).collect()
}

/// Bytes that the system has received for the connections of a server and that it has not read yet.
pub fn unread_bytes(server: SocketAddr) -> u64 {
    const ESTABLISHED: &str = "01";
    let port = format!(":{:04X}", server.port());
    let table = fs::read_to_string("/proc/net/tcp").expect("the table of TCP connections");
    let unread = |line: &str| {
        let [_, local, _, state, queues] = line.split_whitespace().take(5).collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let (_, unread) = queues.split_once(':').filter(|_| state == ESTABLISHED)?;
        local.ends_with(&port).then(|| u64::from_str_radix(unread, 16).expect("a number"))
    };
    table.lines().filter_map(unread).sum()
}

/// The memory that a process has in use, in KiB.
pub fn resident_kib(pid: Pid) -> u64 {
    memory_kib(pid, "VmRSS:")
}

/// The most memory that a process has ever had in use, in KiB.
pub fn peak_resident_kib(pid: Pid) -> u64 {
    memory_kib(pid, "VmHWM:")
}

fn memory_kib(pid: Pid, name: &str) -> u64 {
    let path = format!("/proc/{}/status", pid.as_raw_nonzero());
    let status = fs::read_to_string(path).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
}

fn hard_limit(pid: Pid, resource: Resource) -> Option<u64> {
    let path = format!("/proc/{}/limits", pid.as_raw_nonzero());
    let limits = fs::read_to_string(path).expect("the process is there");
    let name = match resource {
        Resource::Nofile => "Max open files",
        Resource::Core => "Max core file size",
        Resource::Fsize => "Max file size",
        other => panic!("no test sets {other:?}"),
    };
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).expect("the resource");
    // soft, hard, unit; "unlimited" is no number.
    line.split_whitespace().nth(1).expect("the hard limit").parse().ok()
}

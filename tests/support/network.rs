use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::notice;

/// A host with an own network, as a network namespace that lives as long as this value, or as the
/// test: it is held by a process that reads from the test, so that nothing is left of it however
/// the test ends.
#[derive(Debug)]
pub struct Host {
    holder: Child,
    /// Whether it is in a user namespace, where everybody may make networks.
    is_of_user: bool,
}

/// A network of two hosts on one link, and a third one beyond a router.
///
/// ```text
/// near[0] ---+
/// near[1] ---+--- switch        router --- far
///            +-------------------+
/// ```
#[derive(Debug)]
pub struct Network {
    /// The bridge, which has an address as well.
    pub switch: Host,
    pub near: [Host; 2],
    router: Host,
    pub far: Host,
}

impl Network {
    /// Address of the switch, to all hosts.
    pub const SWITCH: &str = "10.77.1.1";

    /// IPv4 address of the host beyond the router.
    pub const FAR: &str = "10.77.2.2";

    /// Makes a network, or says loudly that this system does not allow it.
    pub fn start() -> Option<Self> {
        let network = Self::try_start();
        if network.is_none() {
            notice::skip(
                "unshare(1) and ip(8), of the package iproute2, cannot make networks here, so phones \
                 on several hosts are NOT TESTED",
            );
        }
        network
    }

    fn try_start() -> Option<Self> {
        let switch = Host::first()?;
        let beside = || switch.beside();
        let (near, router, far) = ([beside()?, beside()?], beside()?, beside()?);
        let network = Self { switch, near, router, far };
        network.connect().then_some(network)
    }

    fn connect(&self) -> bool {
        let Self { switch, near, router, far } = self;
        let bridge = "ip link add br0 type bridge mcast_snooping 0; ip link set br0 up
            ip addr add 10.77.1.1/24 dev br0; ip addr add fd77:1::1/64 dev br0 nodad";
        switch.runs(bridge)
            && [&near[0], &near[1], router].into_iter().zip(2..).all(|(host, number)| {
                let last = if number == 4 { 254 } else { number };
                switch.link(host, &format!("p{number}"), "eth0")
                    && switch.runs(&format!("ip link set p{number} master br0"))
                    && host.runs(&format!("ip addr add 10.77.1.{last}/24 dev eth0"))
                    && host.runs(&format!("ip addr add fd77:1::{last}/64 dev eth0 nodad"))
            })
            && router.link(far, "eth1", "eth0")
            && router.runs(
                "ip addr add 10.77.2.254/24 dev eth1; ip addr add fd77:2::254/64 dev eth1 nodad
                echo 1 > /proc/sys/net/ipv4/ip_forward
                echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
            )
            && far
                .runs("ip addr add 10.77.2.2/24 dev eth0; ip addr add fd77:2::2/64 dev eth0 nodad")
            && far.runs("ip route add default via 10.77.2.254")
            && [switch, &near[0], &near[1]]
                .into_iter()
                .all(|host| host.runs("ip route add default via 10.77.1.254"))
    }
}

impl Host {
    /// A host that is linked to no other one.
    fn first() -> Option<Self> {
        let as_root = Self::hold(Command::new("unshare"), &["--net"], false);
        as_root.or_else(|| {
            let options = ["--user", "--map-root-user", "--net"];
            Self::hold(Command::new("unshare"), &options, true)
        })
    }

    /// Another host that can be linked to this one.
    fn beside(&self) -> Option<Self> {
        Self::hold(self.command("unshare"), &["--net"], self.is_of_user)
    }

    fn hold(mut command: Command, options: &[&str], is_of_user: bool) -> Option<Self> {
        // The word says that the namespace is there. The addresses are used at once, without the
        // wait for somebody else who has them.
        let script = "set -e; ip link set lo up
            echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; echo ready; exec cat > /dev/null";
        command.args(options).args(["sh", "-c", script]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut host = Self { holder: command.spawn().ok()?, is_of_user };
        let mut word = [0; 5];
        let stdout = host.holder.stdout.as_mut().expect("piped");
        stdout.read_exact(&mut word).is_ok().then_some(host)
    }

    /// A command that runs `program` on this host.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--net"]);
        if self.is_of_user {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg(program.as_ref());
        command
    }

    /// Runs a script on this host, and returns whether every command of it succeeded.
    pub fn runs(&self, script: &str) -> bool {
        let mut command = self.command("sh");
        command.args(["-ec", script]).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Lays a cable to another host, and returns whether it lies.
    pub fn link(&self, other: &Self, ours: &str, theirs: &str) -> bool {
        let id = other.holder.id();
        let cable = format!("ip link add {ours} type veth peer name {theirs} netns {id}");
        self.runs(&format!("{cable}; ip link set {ours} up"))
            && other.runs(&format!("ip link set {theirs} up"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Both do nothing if it has ended already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

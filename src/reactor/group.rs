use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::str::FromStr;

use rustix::net::netdevice::name_to_index;
use rustix::net::sockopt::set_ip_multicast_if_with_ifindex;
use socket2::{Domain, InterfaceIndexOrAddress, SockRef, Socket, Type};
use thiserror::Error;

/// Routers that a datagram may pass, plus one: none, as who is beyond a router is not near.
const HOPS: u32 = 1;

/// A multicast group on one interface of this machine.
///
/// The text form is `ADDRESS:PORT` with an interface behind the address if it matters, by name or
/// by number: `239.1.2.3:5000`, `239.1.2.3%eth0:5000`, `[ff02::1%eth0]:5000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    address: IpAddr,
    port: u16,
    /// The one to which the system routes the group if none is named.
    interface: Option<Interface>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Interface {
    Index(u32),
    Name(String),
}

/// Reason for which a text names no group.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GroupError {
    /// The text has another form.
    #[error("expected a group and a port, such as 239.1.2.3:5000 or [ff02::1%eth0]:5000")]
    Form,
    /// The address is of one host, or of all.
    #[error(
        "{0} is no multicast address: expected one from 224.0.0.0 to 239.255.255.255, or one that \
         begins with ff"
    )]
    NotMulticast(IpAddr),
    /// Every interface has a group of this address.
    #[error("{0} needs an interface, such as [{0}%eth0]:5000, as each has a group of that address")]
    NoInterface(Ipv6Addr),
}

impl Group {
    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns a socket that receives what is sent to the group, and shares it with other programs
    /// of this machine. It does not block.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn listen(&self) -> io::Result<UdpSocket> {
        let socket = self.socket()?;
        socket.set_reuse_address(true)?;
        // Otherwise it has what other programs have joined as well, on whatever interface.
        match self.address {
            IpAddr::V4(_) => socket.set_multicast_all_v4(false)?,
            IpAddr::V6(_) => socket.set_multicast_all_v6(false)?,
        }
        self.add_member(SockRef::from(&socket))?;
        // Not to every address: another program may have the port for itself.
        socket.bind(&self.destination(self.index(&socket)?).into())?;
        Ok(socket.into())
    }

    /// Makes `socket` a member of the group.
    ///
    /// # Errors
    ///
    /// What the system says; [`ErrorKind::AddrInUse`] if it is one.
    pub(super) fn add_member(&self, socket: SockRef<'_>) -> io::Result<()> {
        let index = self.index(&socket)?;
        let joined = match &self.address {
            IpAddr::V4(group) => {
                socket.join_multicast_v4_n(group, &InterfaceIndexOrAddress::Index(index))
            }
            IpAddr::V6(group) => socket.join_multicast_v6(group, index),
        };
        joined.map_err(|error| match (error.kind(), &self.interface) {
            (ErrorKind::AddrInUse, _) | (_, Some(_)) => error,
            (_, None) => {
                let text = format!("{error}; an interface can be named, as in {}", self.example());
                io::Error::new(error.kind(), text)
            }
        })
    }

    /// Sends a datagram to all members but those beyond a router, from a new port that the system
    /// chooses, so that the port does not link two datagrams.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn send(&self, datagram: &[u8]) -> io::Result<()> {
        let socket = self.socket()?;
        let index = self.index(&socket)?;
        self.set_out(&socket, index)?;
        socket.send_to(datagram, &self.destination(index).into()).map(|_| ())
    }

    /// Sets how datagrams leave `socket`.
    fn set_out(&self, socket: &Socket, index: u32) -> io::Result<()> {
        match &self.address {
            IpAddr::V4(group) => {
                let any = Ipv4Addr::UNSPECIFIED;
                set_ip_multicast_if_with_ifindex(socket, group, &any, index)?;
                socket.set_multicast_ttl_v4(HOPS)?;
                // Others may be on this machine.
                socket.set_multicast_loop_v4(true)
            }
            IpAddr::V6(_) => {
                socket.set_multicast_if_v6(index)?;
                socket.set_multicast_hops_v6(HOPS)?;
                socket.set_multicast_loop_v6(true)
            }
        }
    }

    fn socket(&self) -> io::Result<Socket> {
        let socket = Socket::new(Domain::for_address(self.destination(0)), Type::DGRAM, None)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }

    fn destination(&self, index: u32) -> SocketAddr {
        match self.address {
            IpAddr::V4(address) => SocketAddr::from((address, self.port)),
            IpAddr::V6(address) => SocketAddrV6::new(address, self.port, 0, index).into(),
        }
    }

    /// The number of the interface now; an interface that comes back has another one.
    fn index(&self, socket: &Socket) -> io::Result<u32> {
        match &self.interface {
            None => Ok(0),
            Some(Interface::Index(index)) => Ok(*index),
            Some(Interface::Name(name)) => name_to_index(socket, name).map_err(|error| {
                io::Error::new(error.kind(), format!("there is no interface {name}"))
            }),
        }
    }

    fn example(&self) -> Self {
        Self { interface: Some(Interface::Name("eth0".to_owned())), ..self.clone() }
    }
}

impl FromStr for Group {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let (host, port) = text.rsplit_once(':').ok_or(GroupError::Form)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(GroupError::Form)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let (address, interface) = match bracketed.unwrap_or(host).split_once('%') {
            Some((_, "")) => return Err(GroupError::Form),
            Some((address, interface)) => (address, Some(Interface::from(interface))),
            None => (bracketed.unwrap_or(host), None),
        };
        let address: IpAddr = address.parse().map_err(|_| GroupError::Form)?;
        match address {
            _ if address.is_ipv6() != bracketed.is_some() => Err(GroupError::Form),
            _ if !address.is_multicast() => Err(GroupError::NotMulticast(address)),
            IpAddr::V6(address) if interface.is_none() && is_of_a_link(address) => {
                Err(GroupError::NoInterface(address))
            }
            IpAddr::V4(_) | IpAddr::V6(_) => Ok(Self { address, port, interface }),
        }
    }
}

/// Whether a group's address counts within one interface or one link only (RFC 4291, 2.7).
fn is_of_a_link(address: Ipv6Addr) -> bool {
    matches!(address.octets()[1] & 0x0f, 1 | 2)
}

impl From<&str> for Interface {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Index)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, port, interface } = self;
        let interface = match interface {
            Some(Interface::Index(index)) => format!("%{index}"),
            Some(Interface::Name(name)) => format!("%{name}"),
            None => String::new(),
        };
        match address {
            IpAddr::V4(address) => write!(f, "{address}{interface}:{port}"),
            IpAddr::V6(address) => write!(f, "[{address}{interface}]:{port}"),
        }
    }
}

#[cfg(test)]
mod tests;

//! Lists of hosts that a proxy is not used for, as each client reads them.

use super::{Asked, Client};
use std::net::IpAddr;

/// Whether a list keeps a host from the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exempt {
    Yes,
    No,
    /// Cannot be told; why, as a clause.
    Unknown(String),
}

/// What one entry says.
enum Says {
    Fits,
    Not,
    Unknown(&'static str),
}

impl From<bool> for Says {
    fn from(fits: bool) -> Says {
        match fits {
            true => Says::Fits,
            false => Says::Not,
        }
    }
}

const LOOKED_UP: &str = "a range of addresses in the list may hold the address of the host";

/// Says whether a list keeps a host from the proxy.
pub(super) fn exempts(client: Client, asked: &Asked<'_>, list: &str) -> Exempt {
    let host = asked
        .host
        .trim_matches(['[', ']'])
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    let is_loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    if is_loopback && matches!(client, Client::GoHttp | Client::GoGrpc | Client::Java | Client::Ruby) {
        return Exempt::Yes;
    }
    let mut unknown = None;
    for entry in list.split(separators(client)) {
        let entry = entry.trim().to_ascii_lowercase();
        if entry.is_empty() {
            continue;
        }
        let says = match (&entry[..], address) {
            ("*", _) => Says::Fits,
            (_, Some(address)) => of_address(client, &entry, address, asked.port),
            _ if asked.by_address => of_resolved(&entry),
            _ => of_name(client, &entry, &host, asked.port),
        };
        match says {
            Says::Fits => return Exempt::Yes,
            Says::Not => {}
            Says::Unknown(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Exempt::No, |reason| Exempt::Unknown(reason.to_owned()))
}

fn separators(client: Client) -> &'static [char] {
    match client {
        Client::Java => &['|'],
        Client::Ruby => &[',', ' ', '\t', '\n'],
        _ => &[','],
    }
}

/// Splits `host:port`; an entry without a number at its end has no port.
fn with_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.starts_with('[') => match port.parse() {
            Ok(port) => (host.trim_matches(['[', ']']), Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn of_name(client: Client, entry: &str, host: &str, port: Option<u16>) -> Says {
    let (name, wanted) = with_port(entry);
    let is_port = wanted.is_none() || wanted == port;
    let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    match client {
        Client::GoHttp | Client::GoGrpc => {
            let name = name
                .strip_prefix('*')
                .filter(|rest| rest.starts_with('.'))
                .unwrap_or(name);
            match name.strip_prefix('.') {
                Some(domain) => (is_port && is_below(domain)).into(),
                None => (is_port && (host == name || is_below(name))).into(),
            }
        }
        Client::PythonHttp => {
            let bare = name.trim_start_matches('.');
            let is_end = host.ends_with(entry) || (is_port && wanted.is_some() && host.ends_with(name));
            (is_end || (!bare.is_empty() && wanted.is_none() && (host == bare || is_below(bare)))).into()
        }
        Client::CoreGrpc | Client::NodeGrpc => host.ends_with(entry).into(),
        Client::DotNet => match entry.strip_prefix('.') {
            Some(domain) => (host == domain || is_below(domain)).into(),
            None if entry.contains('*') => {
                Says::Unknown("whether this release of .NET reads * in the list is not known")
            }
            None => (host == entry).into(),
        },
        Client::Ruby => {
            let domain = name.trim_start_matches('.');
            match is_port && (is_below(domain) || (host == name && !name.starts_with('.'))) {
                true => Says::Fits,
                false => of_resolved(entry),
            }
        }
        Client::Java => match (entry.strip_prefix('*'), entry.strip_suffix('*')) {
            (Some(end), _) => host.ends_with(end).into(),
            (None, Some(start)) => host.starts_with(start).into(),
            (None, None) => (host == entry).into(),
        },
    }
}

/// What an entry says of a host whose address is compared and not known.
fn of_resolved(entry: &str) -> Says {
    let address = entry.split('/').next().unwrap_or(entry);
    match with_port(address).0.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(_) => Says::Unknown(LOOKED_UP),
        Err(_) => Says::Not,
    }
}

fn of_address(client: Client, entry: &str, address: IpAddr, port: Option<u16>) -> Says {
    if let Some((network, bits)) = entry.split_once('/') {
        let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
            return Says::Not;
        };
        let fits = is_in(network, bits, address);
        return match (fits, client) {
            (true, Client::DotNet | Client::Java) => {
                Says::Unknown("whether this runtime reads ranges of addresses in the list is not known")
            }
            // Releases of gRPC before 2023 and 2025 compared texts only.
            (fits, _) => fits.into(),
        };
    }
    if client == Client::Java {
        return of_name(client, entry, &address.to_string(), port);
    }
    let (name, wanted) = with_port(entry);
    let is_port = wanted.is_none() || wanted == port;
    (is_port && name.parse::<IpAddr>() == Ok(address)).into()
}

/// Whether an address is in a network.
fn is_in(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
            u32::from(network) & mask == u32::from(address) & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
            u128::from(network) & mask == u128::from(address) & mask
        }
        _ => false,
    }
}

//! The BlueTrace protocol as this project speaks it: its words and its bytes.
//!
//! There are two conversations: phone to server over TCP, phone to phone over UDP. One record, the
//! [`ContactRecord`], serves both, and the files. Nothing here does I/O, knows what time it is or
//! draws a random number. Bytes from a peer can only produce a value or an error.
//!
//! # The contact record, 58 bytes
//!
//! | Offset | Bytes | Field |
//! |---|---|---|
//! | 0 | 20 | [`TempId`], ASCII decimal digits |
//! | 20 | 19 | start, a [`Timestamp`] `DD/MM/YYYY HH:MM:SS`, UTC |
//! | 39 | 19 | expiry, the same form; both ends are included |
//!
//! A TempID issued at `t` for a lifetime of `L` seconds (900 unless configured) has start `t` and
//! expiry `t + L - 1`.
//!
//! # Phone to phone: the beacon, 59 bytes
//!
//! One UDP datagram: a contact record and one byte of protocol version, ASCII `1`. Anything else is
//! no [`Beacon`]. The receiver judges it by its own clock: valid means start <= now <= expiry.
//! Nothing proves who sent it; a beacon that is passed on at once is as valid as the original.
//!
//! # Phone to server: RESP
//!
//! The server speaks RESP, the serialization protocol of Redis and Valkey, version 2 and, for
//! clients that open with `HELLO 3`, version 3; the two differ in maps and in the null only. RESP
//! and not a framing of our own because it is specified, binary-safe, can be pipelined and parsed
//! incrementally, Wireshark dissects it, every language has a client, and `redis-cli` and
//! `redis-benchmark` are a client and a load generator that we did not write.
//!
//! A request is an array of bulk strings,
//!
//! ```text
//! *3\r\n $4\r\nAUTH\r\n $12\r\n+61410888888\r\n $8\r\ncomp3331\r\n      (without the blanks)
//! ```
//!
//! or, for people with a terminal, one inline line of words separated by blanks, ended by LF or CR
//! LF: `AUTH +61410888888 comp3331`. Inline words cannot contain blanks, so `UPLOAD` needs the
//! array. Names of commands are read in any case. A blank line, an empty array and a null array
//! (`*-1`) are passed over.
//!
//! | Request | Reply | Then the session is |
//! |---|---|---|
//! | `AUTH user password` | `+OK` | logged in |
//! | | `-WRONGPASS Invalid Password. Please try again` | logged out, as before |
//! | | `-NOWBLOCKED Invalid Password. Your account has been blocked. Please try again later` | closed by the server |
//! | | `-BLOCKED Your account is blocked due to multiple login failures. Please try again later` | closed by the server |
//! | `TEMPID` | `$58` and the record of a new TempID, valid from now | logged in |
//! | `TEMPID n`, n from 1 to 100 | one bulk string of n x 58 bytes: TempIDs for n windows in a row, the first from now | logged in |
//! | `UPLOAD records`, a bulk string of n x 58 bytes | `:n`, the records taken | logged in |
//! | `QUIT` | `+OK` | closed by the server |
//! | `HELLO [2\|3 [AUTH user password] [SETNAME name]]` | `server` `bluetrace`, `version` …, `mode` `standalone`, `role` `master`, `proto` 2 or 3, `id` n, `modules` (an empty array): an array of pairs in RESP 2, a map in RESP 3 | logged in, if it had a right `AUTH` |
//!
//! `TEMPID` and `UPLOAD` need a login. A TempID is on stable storage before it is told. `UPLOAD` is
//! all or nothing: one wrong record refuses the whole request and traces nothing; a log larger than
//! one request goes in several.
//!
//! ## What libraries and tools ask
//!
//! Client libraries and tools ask more when they connect, and wait for the answer. They get that of
//! Redis, as far as there is something to tell; what is not done is not confirmed.
//!
//! | Request | Reply |
//! |---|---|
//! | `PING [text]`, `ECHO text` | `+PONG` or the text, a bulk string of at most 256 bytes |
//! | `INFO [section]`, after a login | a bulk string, the [`Statistics`]: lines `key:value` in sections that begin with `# Name` |
//! | `TIME` | seconds since 1970 and microseconds, two bulk strings; the microseconds are always 0 |
//! | `RESET` | `+RESET`; the session is logged out, speaks version 2 and has no name; if it was logged in, it has the whole time to log in again |
//! | `SELECT 0` | `+OK`; another number: `-ERR DB index is out of range` |
//! | `COMMAND`, `COMMAND INFO …`, `COMMAND LIST …` | an empty array |
//! | `COMMAND COUNT` | `:0` |
//! | `COMMAND DOCS …`, `CONFIG GET …` | an empty array in RESP 2, an empty map in RESP 3 |
//! | `CLIENT ID` | `:n`, a number that no other connection has |
//! | `CLIENT SETNAME name` | `+OK`; at most 256 printable characters without blanks |
//! | `CLIENT GETNAME` | the name, or a null |
//! | `CLIENT SETINFO LIB-NAME\|LIB-VER text`, `CLIENT NO-EVICT ON\|OFF`, `CLIENT NO-TOUCH ON\|OFF` | `+OK`: the server lists no clients, evicts nothing and lets nothing grow old |
//! | any other `CLIENT`, `COMMAND` or `CONFIG` | `-ERR unknown command '…'` |
//!
//! All but `INFO` is answered before a login too, as it is cheap and tells nothing about users.
//! `INFO` needs a login, as in a Redis with passwords: it tells how many users there are.
//!
//! Some libraries repeat a refused `AUTH` by themselves (redis-py 8 three times, unless it is made
//! with `retry=None`). Each attempt counts, as the server cannot tell a repetition from a guess.
//!
//! ## Other protocols
//!
//! A browser or a proxy can be made to send HTTP to any port, with a body that holds requests of
//! RESP. So an inline line ends the connection with one error, and nothing behind it is looked at,
//! if its first word is a method of HTTP in capitals or contains a colon, or if its last word of
//! several begins with `HTTP/`. So do the first two bytes of a TLS handshake. The operator is told
//! the address, once a minute.
//!
//! Replies come in the order of the requests, however the bytes are cut into segments. After a
//! reply that closes, the server takes nothing more, sends what is left and ends the stream.
//!
//! ## Errors
//!
//! The first word of an error reply is its [`Code`](refusal::Code): programs tell refusals apart by
//! it, and by nothing else. The text behind it is for people and may change.
//!
//! | Reply | When |
//! |---|---|
//! | `-NOAUTH Authentication required.` | `TEMPID`, `UPLOAD` or `INFO` without a login |
//! | `-ERR already logged in` | `AUTH` after a login |
//! | `-ERR unknown command '…'` | there is no such command |
//! | `-ERR wrong number of arguments for '…' command` | |
//! | `-ERR value is not an integer from 1 to 100` | `TEMPID n` |
//! | `-ERR invalid contact record at k: …` | record k of an upload, counted from 1 |
//! | `-ERR syntax error`, `-NOPROTO …` | options or version of `HELLO` |
//! | `-IOERR TempID not recorded: …` | the disk refused; no TempID was issued |
//! | `-IOERR contact log not taken: …` | nobody reads the server's output, so nobody would be named |
//! | `-IOERR the server is short of memory, …` | `TEMPID`: the server has nearly as much memory as the system lets it have |
//! | `-BUSY …`, then closed | the server has as many connections as it may have |
//! | `-BUSYADDRESS …`, then closed | the peer's address has as many connections as it may have |
//! | `-BUSYREQUESTS …`, then closed | incomplete requests take all the memory that they may, and this one is the oldest |
//! | `-ERR DB index is out of range`, `-ERR text is longer than 256 bytes` | `SELECT`; `PING` or `ECHO` |
//! | `-ERR Protocol error: …`, then closed | bytes that are no frame, another protocol, or a request over its limit |
//!
//! A request that stays incomplete for 2 minutes closes the connection without a reply.
//!
//! `ERR` means that the same request would be refused again, `IOERR` and `BUSY…` that it may
//! succeed later.
//!
//! ## Limits
//!
//! | What | Logged out | Logged in |
//! |---|---|---|
//! | one request | 1 KiB | 1 MiB, about 18,000 records; an inline line 1 KiB |
//! | words of a request | 8 | 8 |
//! | time to log in, from the connection | 60 s, a setting | |
//! | silence | | unlimited; TCP keepalive finds dead peers |
//! | replies that a peer leaves unread | 64 KiB, then its requests wait; no progress for 60 s closes it | the same |
//!
//! Three failures in a row block an account for a time that is a setting, counted per name over all
//! connections and addresses; a success clears the count, and so does the end of a block. A name
//! that nobody has is answered in the same way, so that answers do not tell who is registered.
//!
//! # Sources
//!
//! UNSW COMP3331/9331 20T2, "BlueTrace protocol simulator", sections 3 and 8, for the records, the
//! dialogues and the files; the [RESP
//! specification](https://redis.io/docs/latest/develop/reference/protocol-spec/) for the framing;
//! J. Bay et al., "BlueTrace: A privacy-preserving protocol for community-driven contact tracing
//! across borders" (2020), for the idea, the 15 minutes and the batches of 100.

mod beacon;
mod contact_record;
pub mod refusal;
pub mod reply;
pub mod request;
pub mod resp;
mod statistics;
mod temp_id;
mod timestamp;
mod timestamp_decoder;
mod username;

pub use beacon::{Beacon, BeaconError};
pub use contact_record::{ContactRecord, ContactRecordError, InvalidRecord};
pub use statistics::Statistics;
pub use temp_id::{TempId, TempIdError};
pub use timestamp::{Timestamp, TimestampError};
pub use timestamp_decoder::TimestampDecoder;
pub use username::{Username, UsernameError};

//! What the bytes cost: requests, replies, records and times, each beside the least that could be
//! done with the same bytes, a copy of them.

use std::hint::black_box;

use aes::Aes256;
use aes::cipher::KeyInit;
use bluetrace::ff1::Ff1;
use bluetrace::protocol::answer::Answer;
use bluetrace::protocol::reply::Reply;
use bluetrace::protocol::request::Request;
use bluetrace::protocol::{Beacon, ContactRecord, Timestamp, resp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const AUTH: &[u8] = b"*3\r\n$4\r\nAUTH\r\n$12\r\n+61410888888\r\n$8\r\ncomp3331\r\n";
const INLINE: &[u8] = b"AUTH +61410888888 comp3331\r\n";
const BEACON: &[u8] = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:051";
const RECORDS: usize = 18_000;

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("request");
    for (name, bytes) in [("array", AUTH), ("inline", INLINE)] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let frame = resp::decode_request(black_box(bytes), 1024);
                let (words, _) = frame.expect("framed").expect("whole");
                black_box(Request::decode(&words).is_ok())
            });
        });
    }
    group.bench_function("copy", |bencher| {
        let mut copy = Vec::new();
        bencher.iter(|| {
            copy.clear();
            copy.extend_from_slice(black_box(AUTH));
            black_box(copy.len())
        });
    });
    group.finish();
}

fn replies(criterion: &mut Criterion) {
    let record = ContactRecord::decode(&BEACON[..ContactRecord::LEN]).expect("a record");
    let mut group = criterion.benchmark_group("reply");
    let mut out = Vec::new();
    group.bench_function("encode_temp_id", |bencher| {
        bencher.iter(|| {
            out.clear();
            Answer::TempIds(black_box(&[record])).encode(&mut out);
            black_box(out.len())
        });
    });
    group.bench_function("decode_temp_id", |bencher| {
        bencher.iter(|| black_box(Reply::decode(black_box(&out)).is_ok()));
    });
    group.finish();
}

fn records(criterion: &mut Criterion) {
    let upload = BEACON[..ContactRecord::LEN].repeat(RECORDS);
    let mut group = criterion.benchmark_group("record");
    group.bench_function("beacon", |bencher| {
        bencher.iter(|| black_box(Beacon::decode(black_box(BEACON)).is_ok()));
    });
    group.bench_function("timestamp", |bencher| {
        bencher.iter(|| black_box(Timestamp::decode(black_box(&BEACON[20..39])).is_ok()));
    });
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("upload", |bencher| {
        bencher.iter(|| black_box(ContactRecord::decode_all(black_box(&upload)).is_ok()));
    });
    group.finish();
}

/// Encrypted TempIDs: one of 20 digits, beside the copy of its block.
fn ff1(criterion: &mut Criterion) {
    let ff1 = Ff1::new(Aes256::new(&[7; 32].into()), 20, b"");
    let mut group = criterion.benchmark_group("ff1");
    let number = 12_345_678_901_234_567_891;
    group.bench_function("encrypt", |bencher| {
        bencher.iter(|| ff1.encrypt(black_box(number)));
    });
    group.bench_function("decrypt", |bencher| {
        bencher.iter(|| ff1.decrypt(black_box(number)));
    });
    group.bench_function("copy", |bencher| bencher.iter(|| black_box(number)));
    group.finish();
}

criterion_group!(benches, requests, replies, records, ff1);
criterion_main!(benches);

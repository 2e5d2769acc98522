//! The wire format of protobuf: numbered fields, each a number or a piece of bytes.

/// The value of a field as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent<'b> {
    Number(u64),
    Piece(&'b [u8]),
}

/// Takes the next field off the bytes: its number and value. `Ok(None)` at their end; an error where they are no such format.
pub(super) fn next_field<'b>(bytes: &mut &'b [u8]) -> Result<Option<(u64, Sent<'b>)>, &'static str> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let tag = next_number(bytes)?;
    let sent = match tag & 7 {
        0 => Sent::Number(next_number(bytes)?),
        1 => Sent::Piece(next_bytes(bytes, 8)?),
        2 => {
            let length = next_number(bytes)?;
            Sent::Piece(next_bytes(bytes, usize::try_from(length).unwrap_or(usize::MAX))?)
        }
        5 => Sent::Piece(next_bytes(bytes, 4)?),
        _ => return Err("a field of a kind that protobuf does not have"),
    };
    Ok(Some((tag >> 3, sent)))
}

/// Takes a number off the bytes: seven bits in each, the lowest first.
pub(super) fn next_number(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or("a number without an end")?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err("a number of more than 64 bits")
}

fn next_bytes<'b>(bytes: &mut &'b [u8], length: usize) -> Result<&'b [u8], &'static str> {
    let (piece, rest) = bytes.split_at_checked(length).ok_or("a piece that is cut off")?;
    *bytes = rest;
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_off_one_by_one() {
        let check = |mut bytes: &[u8], expected: &[Result<Option<(u64, Sent<'_>)>, &str>]| {
            for one in expected {
                assert_eq!(next_field(&mut bytes), *one);
            }
        };
        check(&[], &[Ok(None)]);
        check(
            &[0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i'],
            &[
                Ok(Some((1, Sent::Number(150)))),
                Ok(Some((2, Sent::Piece(b"hi")))),
                Ok(None),
            ],
        );
        check(
            &[0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x0d, 1, 2, 3, 4],
            &[
                Ok(Some((1, Sent::Piece(&[1, 2, 3, 4, 5, 6, 7, 8])))),
                Ok(Some((1, Sent::Piece(&[1, 2, 3, 4])))),
            ],
        );
        check(&[0x0b], &[Err("a field of a kind that protobuf does not have")]);
        check(&[0x12, 0x05, b'h'], &[Err("a piece that is cut off")]);
        check(&[0x08, 0x80], &[Err("a number without an end")]);
        check(
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[Err("a piece that is cut off")],
        );
        check(&[0xff; 12], &[Err("a number of more than 64 bits")]);
    }
}

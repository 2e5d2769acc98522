//! Parses a configuration, as `grafana/alloy@v1.10.2:syntax/parser/internal.go` does.

use super::scan::{Token, is_identifier, scan, unquoted};
use super::{Attribute, Block, Expression, Kind, Statement, SyntaxError};
use std::ops::Range;

/// What is nested deeper is not followed.
pub const MOST_DEEP: usize = 100;

/// Parses a whole file.
///
/// # Errors
/// The first thing that Alloy does not accept, or that is nested too deeply.
pub fn parse(text: &str) -> Result<Vec<Statement>, SyntaxError> {
    let mut parser = Parser {
        text,
        tokens: scan(text)?,
        at: 0,
        depth: 0,
    };
    let body = parser.body(Token::End)?;
    // A file has no attributes of its own (grafana/alloy@v1.10.2:internal/runtime/source.go).
    let attribute = body.iter().find_map(|statement| match statement {
        Statement::Attribute(attribute) => Some(attribute),
        Statement::Block(_) => None,
    });
    match attribute {
        Some(attribute) => Err(SyntaxError {
            span: attribute.head.clone(),
            message: format!("unrecognized attribute {}", attribute.name),
            is_limit: false,
        }),
        None => Ok(body),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

/// The name of a block or attribute, and the label behind it.
struct Head {
    parts: Vec<String>,
    label: Option<String>,
    has_label: bool,
    span: Range<usize>,
}

impl Parser<'_> {
    fn token(&self) -> Token {
        self.tokens.get(self.at).map_or(Token::End, |(token, _)| *token)
    }

    fn span(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.text.len()..self.text.len(), |(_, span)| span.clone())
    }

    fn literal(&self) -> &str {
        self.text.get(self.span()).unwrap_or_default()
    }

    fn next(&mut self) {
        self.at += 1;
    }

    /// Where the last token that was taken ends.
    fn end(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(0, |(_, span)| span.end)
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            span: self.span(),
            message: message.into(),
            is_limit: false,
        })
    }

    fn expect(&mut self, wanted: Token) -> Result<(), SyntaxError> {
        if self.token() != wanted {
            return self.error(format!("expected {}, got {}", wanted.word(), self.token().word()));
        }
        self.next();
        Ok(())
    }

    fn below<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, SyntaxError>) -> Result<T, SyntaxError> {
        if self.depth >= MOST_DEEP {
            return Err(SyntaxError {
                span: self.span(),
                message: "the configuration is nested too deeply".to_owned(),
                is_limit: true,
            });
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    fn body(&mut self, until: Token) -> Result<Vec<Statement>, SyntaxError> {
        let mut found = Vec::new();
        while self.token() != until && self.token() != Token::End {
            found.push(self.statement()?);
            if self.token() == until {
                break;
            }
            self.expect(Token::Terminator)?;
        }
        Ok(found)
    }

    fn statement(&mut self) -> Result<Statement, SyntaxError> {
        let head = self.head()?;
        match self.token() {
            Token::Assign => {
                self.next();
                let misnamed = if head.parts.len() != 1 {
                    Some("attribute names may only consist of a single identifier with no \".\"")
                } else if head.has_label {
                    Some("attribute names may not have labels")
                } else {
                    None
                };
                if let Some(message) = misnamed {
                    return Err(SyntaxError {
                        span: head.span,
                        message: message.to_owned(),
                        is_limit: false,
                    });
                }
                Ok(Statement::Attribute(Attribute {
                    name: head.parts.concat(),
                    head: head.span,
                    value: self.expression()?,
                }))
            }
            Token::LeftBrace => {
                self.next();
                let body = self.below(|parser| parser.body(Token::RightBrace))?;
                self.expect(Token::RightBrace)?;
                Ok(Statement::Block(Block {
                    name: head.parts.join("."),
                    label: head.label,
                    head: head.span,
                    body,
                }))
            }
            other if head.parts.len() == 1 && head.label.is_none() => self.error(format!(
                "expected attribute assignment or block body, got {}",
                other.word()
            )),
            other => self.error(format!("expected block body, got {}", other.word())),
        }
    }

    fn head(&mut self) -> Result<Head, SyntaxError> {
        let start = self.span().start;
        let mut parts = vec![self.identifier()?];
        while self.token() == Token::Dot {
            self.next();
            parts.push(self.identifier()?);
        }
        let mut head = Head {
            parts,
            label: None,
            has_label: false,
            span: start..self.end(),
        };
        if matches!(self.token(), Token::Assign | Token::LeftBrace) {
            return Ok(head);
        }
        if self.token() != Token::Text {
            return self.error(format!("expected block label, got {}", self.token().word()));
        }
        let literal = self.literal();
        if !literal.starts_with('"') {
            let message = format!("expected block label to be a double quoted string, but got {literal:?}");
            return self.error(message);
        }
        // The label is taken as it is written, escapes included.
        let label = literal.get(1..literal.len() - 1).unwrap_or_default().to_owned();
        if !label.is_empty() {
            if !is_identifier(&label) {
                return self.error(format!(
                    "expected block label to be a valid identifier, but got {label:?}"
                ));
            }
            head.label = Some(label);
        }
        head.has_label = true;
        self.next();
        head.span.end = self.end();
        Ok(head)
    }

    fn identifier(&mut self) -> Result<String, SyntaxError> {
        if self.token() != Token::Identifier {
            return self.error(format!("expected identifier, got {}", self.token().word()));
        }
        let name = self.literal().to_owned();
        self.next();
        Ok(name)
    }

    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        self.below(Self::operation)
    }

    /// Operands and operators in a row: which of them binds more does not matter for what is accepted.
    fn operation(&mut self) -> Result<Expression, SyntaxError> {
        let first = self.operand()?;
        let start = first.span.start;
        let mut operands = vec![first];
        let mut is_sum = true;
        while self.token().is_operator() {
            is_sum &= self.token() == Token::Plus;
            self.next();
            operands.push(self.operand()?);
        }
        if operands.len() == 1
            && let Some(only) = operands.pop()
        {
            return Ok(only);
        }
        Ok(Expression {
            span: start..self.end(),
            kind: match is_sum {
                true => Kind::Sum(operands),
                false => Kind::Other(operands),
            },
        })
    }

    fn operand(&mut self) -> Result<Expression, SyntaxError> {
        let start = self.span().start;
        if matches!(self.token(), Token::Not | Token::Minus) {
            let is_minus = self.token() == Token::Minus;
            self.next();
            let inner = self.below(Self::operand)?;
            let kind = match inner.kind {
                Kind::Int(number) if is_minus => Kind::Int(-number),
                Kind::Float(number) if is_minus => Kind::Float(-number),
                _ => Kind::Other(vec![inner]),
            };
            return Ok(Expression {
                span: start..self.end(),
                kind,
            });
        }
        let mut value = self.primary()?;
        loop {
            let kind = match self.token() {
                Token::Dot => {
                    self.next();
                    if self.token() != Token::Identifier {
                        return self.error(format!("expected IDENT, got {}", self.token().word()));
                    }
                    let name = self.identifier()?;
                    match value.kind {
                        Kind::Path(mut parts) => {
                            parts.push(name);
                            Kind::Path(parts)
                        }
                        _ => Kind::Other(vec![value]),
                    }
                }
                Token::LeftBracket => {
                    self.next();
                    let index = self.expression()?;
                    self.expect(Token::RightBracket)?;
                    Kind::Other(vec![value, index])
                }
                Token::LeftParen => {
                    self.next();
                    let mut arguments = self.list(Token::RightParen)?;
                    match value.kind {
                        Kind::Path(parts) => Kind::Call(parts, arguments),
                        _ => {
                            arguments.insert(0, value);
                            Kind::Other(arguments)
                        }
                    }
                }
                Token::Text | Token::LeftBrace => return self.error("cannot use a block as an expression"),
                _ => return Ok(value),
            };
            value = Expression {
                span: start..self.end(),
                kind,
            };
        }
    }

    fn primary(&mut self) -> Result<Expression, SyntaxError> {
        let start = self.span().start;
        let literal = self.literal();
        let kind = match self.token() {
            Token::Identifier => Kind::Path(vec![literal.to_owned()]),
            Token::Text => Kind::Text(unquoted(literal).into()),
            Token::Number => match literal.parse() {
                Ok(number) => Kind::Int(number),
                Err(_) => Kind::Float(literal.parse().unwrap_or_default()),
            },
            Token::Float => Kind::Float(literal.parse().unwrap_or_default()),
            Token::Bool => Kind::Bool(literal == "true"),
            Token::Null => Kind::Null,
            Token::LeftParen => {
                self.next();
                let inner = self.expression()?;
                self.expect(Token::RightParen)?;
                return Ok(Expression {
                    span: start..self.end(),
                    kind: inner.kind,
                });
            }
            Token::LeftBracket => {
                self.next();
                let items = self.list(Token::RightBracket)?;
                return Ok(Expression {
                    span: start..self.end(),
                    kind: Kind::List(items),
                });
            }
            Token::LeftBrace => {
                self.next();
                let fields = self.fields()?;
                return Ok(Expression {
                    span: start..self.end(),
                    kind: Kind::Object(fields),
                });
            }
            other => return self.error(format!("expected expression, got {}", other.word())),
        };
        self.next();
        Ok(Expression {
            span: start..self.end(),
            kind,
        })
    }

    /// The expressions up to a closing token, and that token.
    fn list(&mut self, until: Token) -> Result<Vec<Expression>, SyntaxError> {
        let mut found = Vec::new();
        while self.token() != until {
            found.push(self.expression()?);
            if self.token() == until {
                break;
            }
            if self.token() != Token::Comma {
                return self.error("missing ',' in expression list");
            }
            self.next();
        }
        self.expect(until)?;
        Ok(found)
    }

    /// The fields of an object, and the closing brace.
    fn fields(&mut self) -> Result<Vec<Attribute>, SyntaxError> {
        let mut found = Vec::new();
        while self.token() != Token::RightBrace {
            let literal = self.literal();
            let name = match self.token() {
                Token::Identifier => literal.to_owned(),
                Token::Text => unquoted(literal),
                other => {
                    let message = format!("expected field name (string or identifier), got {}", other.word());
                    return self.error(message);
                }
            };
            let head = self.span();
            self.next();
            self.expect(Token::Assign)?;
            let value = self.expression()?;
            found.push(Attribute { name, head, value });
            if self.token() == Token::RightBrace {
                break;
            }
            if self.token() != Token::Comma {
                return self.error("missing ',' in field list");
            }
            self.next();
        }
        self.expect(Token::RightBrace)?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests;

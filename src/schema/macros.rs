//! The `schema!` macro.

/// Declares structs whose fields are the schema of a resource type, data source or nested block.
///
/// The Rust type of a field says its shape, and whether it is required or sensitive; each
/// attribute, such as `#[force_new]` or `#[default(false)]`, is a method of
/// [`Field`](crate::schema::Field). `#[name("type")]` names a field that Rust cannot; a `#[hidden]`
/// field is no part of the schema or of values: `read` leaves it for `status`.
#[macro_export]
macro_rules! schema {
    ($(
        $(#[doc = $doc:literal])*
        $(#[version = $version:literal])?
        pub struct $name:ident {
            $( $(#[$($flag:tt)*])* $field:ident: $type:ty, )*
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, unreachable_pub, reason = "the schema documents its fields")]
        pub struct $name {
            $( pub $field: $type, )*
        }

        impl $crate::schema::FieldType for $name {
            fn shape() -> $crate::schema::Shape {
                let mut fields = Vec::new();
                $( if !$crate::schema!(@hidden $([$($flag)*])*) {
                    let field = $crate::schema::Field::new::<$type>(
                        $crate::schema!(@name $field, $([$($flag)*])*),
                    );
                    $( let field = $crate::schema!(@flag field, $type, $($flag)*); )*
                    fields.push(field);
                } )*
                let doc = concat!($($doc, "\n",)*).trim();
                let version = 0 $( + $version )?;
                $crate::schema::Shape::Object($crate::schema::Schema { doc, version, fields })
            }

            fn blank() -> Self {
                $name {$( $field: $crate::schema::FieldType::blank(), )*}
            }

            fn decode(
                value: &$crate::value::Value,
            ) -> ::std::result::Result<Self, $crate::schema::DecodeError> {
                Ok($name {$(
                    $field: {
                        let name = $crate::schema!(@name $field, $([$($flag)*])*);
                        $crate::schema::at(
                            name,
                            $crate::schema::FieldType::decode(&value.get(name)),
                        )?
                    },
                )*})
            }

            fn encode(&self) -> $crate::value::Value {
                let mut fields = Vec::new();
                $( if !$crate::schema!(@hidden $([$($flag)*])*) {
                    let name = $crate::schema!(@name $field, $([$($flag)*])*);
                    fields.push((name, $crate::schema::FieldType::encode(&self.$field)));
                } )*
                $crate::value::Value::object(fields)
            }
        }
    )*};
    (@name $field:ident, [name($name:literal)] $($rest:tt)*) => { $name };
    (@name $field:ident, [$($other:tt)*] $($rest:tt)*) => { $crate::schema!(@name $field, $($rest)*) };
    (@name $field:ident,) => { stringify!($field) };
    (@hidden [hidden] $($rest:tt)*) => { true };
    (@hidden [$($other:tt)*] $($rest:tt)*) => { $crate::schema!(@hidden $($rest)*) };
    (@hidden) => { false };
    (@flag $on:ident, $type:ty, hidden) => { $on };
    (@flag $on:ident, $type:ty, name($name:literal)) => { $on };
    (@flag $on:ident, $type:ty, doc = $doc:literal) => { $on.doc($doc) };
    (@flag $on:ident, $type:ty, computed) => { $on.computed::<$type>() };
    (@flag $on:ident, $type:ty, read_only) => { $on.read_only::<$type>() };
    (@flag $on:ident, $type:ty, volatile) => { $on.volatile::<$type>() };
    (@flag $on:ident, $type:ty, default($value:expr)) => { $on.default::<$type>($value) };
    (@flag $on:ident, $type:ty, $flag:ident) => { $on.$flag() };
    (@flag $on:ident, $type:ty, $flag:ident($($argument:expr),* $(,)?)) => { $on.$flag($($argument),*) };
}

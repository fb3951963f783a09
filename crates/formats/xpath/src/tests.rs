//! Tests of the whole engine: beside other processors, and against whatever is thrown at it.

mod judges;
mod robust;

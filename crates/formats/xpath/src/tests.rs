//! Tests of the whole engine: beside other processors, and against whatever is thrown at it.

mod absence;
mod forms;
mod judges;
mod robust;

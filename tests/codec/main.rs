//! The codec turns any photo within its limits into the thumbnail that its geometry says, and
//! refuses every other file. Photos are painted and damaged here, and the pixels compared.

mod bands;
mod damage;
mod geometry;
mod limits;
mod paint;
mod photos;

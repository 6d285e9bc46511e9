//! A page shows the profile of the user who is logged in.
//!
//! The login is checked first. After that, every function is told the user.

use course::{Answer, Service, User, step};

/// Shows profiles.
#[derive(Default)]
pub struct Profiles;

impl Profiles {
    /// Reads a user's profile from the database.
    async fn profile(&self, user: User) -> Answer {
        step("read the database").await;
        Answer::of([user])
    }
}

impl Service for Profiles {
    async fn answer(&self, viewer: User) -> Answer {
        self.profile(viewer).await
    }
}

fn main() {
    course::show::<Profiles>("ABA");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_is_shown_anothers_profile() {
        course::every_word::<Profiles>("AB").never_mixes();
        course::every_word::<Profiles>("ABC").never_mixes();
        course::every_word::<Profiles>("AABB").never_mixes();
    }

    #[test]
    fn a_user_is_shown_their_profile() {
        for user in ['A', 'B'] {
            let shown = course::block_on(Profiles.answer(user));
            assert_eq!(shown, Answer::of([user]));
        }
    }
}

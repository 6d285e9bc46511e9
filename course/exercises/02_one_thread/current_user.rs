//! A page shows the profile of the user who is logged in.
//!
//! The login is checked first. After that, all code can ask for the current user, and no function
//! needs a parameter for it.

use std::cell::Cell;

use course::{Answer, BLANK, Service, User, step};

thread_local! {
    /// User whose request this thread serves.
    static CURRENT: Cell<User> = const { Cell::new(BLANK) };
}

/// Shows profiles.
#[derive(Default)]
pub struct Profiles;

impl Profiles {
    /// Reads the current user's profile from the database.
    async fn profile(&self) -> Answer {
        step("read the database").await;
        // TODO: whose profile is this?
        Answer::of([CURRENT.get()])
    }
}

impl Service for Profiles {
    async fn answer(&self, viewer: User) -> Answer {
        CURRENT.set(viewer);
        self.profile().await
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

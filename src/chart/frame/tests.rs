use super::super::axis::Axis;
use super::*;

#[test]
fn point_beyond_the_axes_stays_in_the_picture() {
    let chart = Chart {
        title: String::new(),
        about: String::new(),
        x: Axis::tight("across", 0.0, 10.0),
        y: Axis::rounded("up", 0.0, 10.0),
        series: Vec::new(),
        shades: Vec::new(),
    };
    let frame = Frame::of(&chart, Size { width: 360.0, height: 230.0 });
    assert_eq!((frame.x(20.0), frame.y(-5.0)), (360.0 - RIGHT, frame.bottom));
}

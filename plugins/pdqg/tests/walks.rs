//! Tasks and deliveries from many walks of work, with the band each must fall in.

use pdqg::scorecard::Scorecard;
use pdqg::{Criteria, Delivery, Task, score};

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Band {
    Rejected,
    Warning,
    Clean,
    /// Passes, with or without a warning.
    Passes,
}

use Band::{Clean, Passes, Rejected};

fn band(score: u32) -> Band {
    match score {
        0..4_000 => Rejected,
        4_000..=6_500 => Band::Warning,
        _ => Clean,
    }
}

const REPORT: &str = "## Quarterly Earnings Summary\n\nRevenue grew 15% YoY to $4.2 billion, driven by cloud services (+28%) and \
    subscriptions (+11%).\n\n- Gross margin: 62.4%, up 1.3 points\n- Operating income: $890 million\n- Guidance for the next quarter: \
    $4.3 to $4.5 billion\n\nThe main risk named by management is currency; hedges cover 60% of it.";

const EXTRACT: &str = "Extract the name, the date and the total from this invoice as JSON with the keys name, date, total: \
    Invoice 4411, Miller & Sons, 3 March 2026, amount due 1,240.50 EUR";

const CONTRACT: &str = "Proofread the following paragraph and correct its spelling: The tennant shall recieve the keys on the day \
    of the signiture. He must return them at the end of the lease, in the same condition as they were recieved, or pay for there replacement.";

const WALKS: &[(&str, &str, &str, Band)] = &[
    // The worker guide's example, its short form and a full one.
    (
        "Summarize quarterly earnings report",
        "...",
        "## Quarterly Earnings Summary\n\nRevenue grew 15% YoY...",
        Clean,
    ),
    (
        "Summarize quarterly earnings report",
        "...",
        "## Revised Quarterly Earnings Summary\n\n(improved version with more detail)...",
        Passes,
    ),
    (
        "Summarize quarterly earnings report",
        "Summarize the attached earnings report with key metrics.",
        REPORT,
        Clean,
    ),
    // Translation.
    (
        "Translate to French",
        "Translate the sentence \"The meeting is moved to Monday at ten.\" into French.",
        "La réunion est reportée à lundi à dix heures.",
        Clean,
    ),
    (
        "Translate to French",
        "Translate the sentence \"The meeting is moved to Monday at ten.\" into French.",
        "The meeting is moved to Monday at ten o'clock.",
        Rejected,
    ),
    (
        "Traduction",
        "Traduis en anglais : « Le chat dort sur le canapé depuis ce matin. »",
        "The cat has been sleeping on the sofa since this morning.",
        Clean,
    ),
    (
        "Translate a product page into Chinese",
        "Translate into Chinese: \"This kettle boils one litre of water in two minutes.\"",
        "这款水壶两分钟内可烧开一升水。",
        Clean,
    ),
    // Data.
    (
        "Extract invoice fields",
        EXTRACT,
        "{\"name\": \"Miller & Sons\", \"date\": \"2026-03-03\", \"total\": 1240.50}",
        Clean,
    ),
    (
        "Extract invoice fields",
        EXTRACT,
        "The invoice is from Miller and it is about one thousand euros.",
        Rejected,
    ),
    ("Extract invoice fields", EXTRACT, "{\"name\": \"Miller & Sons\", \"date\": ", Rejected),
    (
        "City list",
        "Give me a CSV of the three largest cities of Portugal with the columns city, population.",
        "city,population\nLisbon,545923\nPorto,231800\nVila Nova de Gaia,186503",
        Clean,
    ),
    (
        "City list",
        "Give me a CSV of the three largest cities of Portugal with the columns city, population.",
        "Lisbon is the largest city of Portugal.",
        Rejected,
    ),
    (
        "Config for the service",
        "Write a YAML file for a web service named shop: image shop:1.4, two replicas, port 8080.",
        "service: shop\nimage: shop:1.4\nreplicas: 2\nports:\n  - 8080",
        Clean,
    ),
    // Code.
    (
        "Binary search",
        "Write a Python function that does a binary search in a sorted list and returns the index or -1.",
        "def binary_search(items, wanted):\n    low, high = 0, len(items) - 1\n    while low <= high:\n        middle = (low + high) // 2\n        if items[middle] == wanted:\n            return middle\n        if items[middle] < wanted:\n            low = middle + 1\n        else:\n            high = middle - 1\n    return -1\n",
        Clean,
    ),
    (
        "Binary search",
        "Write a Python function that does a binary search in a sorted list and returns the index or -1.",
        "I have written the function as requested and all tests pass. Please find it attached.",
        Rejected,
    ),
    (
        "Monthly totals",
        "Write a SQL query that gives the total amount of orders per month.",
        "SELECT date_trunc('month', created_at) AS month, sum(amount) AS total\nFROM orders\nGROUP BY 1\nORDER BY 1;",
        Clean,
    ),
    (
        "Validate phone numbers",
        "Provide a regex that matches German phone numbers starting with +49.",
        "^\\+49[1-9][0-9]{6,12}$",
        Clean,
    ),
    // Short answers to short tasks.
    ("Capital", "What is the capital of Australia?", "Canberra", Clean),
    (
        "Sentiment label",
        "Label the review as positive, negative or neutral: \"Arrived late and broken.\"",
        "negative",
        Clean,
    ),
    ("Yes or no", "Is 91 a prime number? Answer yes or no.", "No", Clean),
    ("Arithmetic", "What is 17 times 23?", "391", Clean),
    (
        "Name for a bakery",
        "Suggest a name for a bakery that works with sourdough only.",
        "The Patient Crumb",
        Clean,
    ),
    ("Captcha", "Vote for option A or B.", "B", Clean),
    // Editing keeps most of the task's words.
    (
        "Proofread a clause",
        CONTRACT,
        "The tenant shall receive the keys on the day of the signature. He must return them at the end of the lease, in the same condition as they were received, or pay for their replacement.",
        Clean,
    ),
    ("Proofread a clause", CONTRACT, CONTRACT, Rejected),
    // Writing.
    (
        "Blog post about urban bees",
        "Write a blog post about keeping bees in cities, at least 80 words.",
        "# Bees above the traffic\n\nA city roof is a better home for bees than most fields. Lime trees, balcony herbs and neglected verges flower from March to October, and nobody sprays them. A colony of 40,000 bees needs about two square metres, a water dish, and a neighbour who was asked first.\n\nStart with one hive in May. Check it every nine days for queen cells until July, and leave twelve kilos of honey for the winter. In Berlin, urban hives gave 30 kilos a year, a third more than those in the surrounding fields.",
        Clean,
    ),
    (
        "Blog post about urban bees",
        "Write a blog post about keeping bees in cities, at least 80 words.",
        "Bees are nice. Cities are nice. Keeping bees is great.",
        Rejected,
    ),
    (
        "Haiku",
        "Write a haiku about the sea in winter.",
        "Grey waves fold on ice,\nthe gulls have left their posts now,\nsalt keeps its own hours.",
        Clean,
    ),
    (
        "Brief aan de huisbaas",
        "Schrijf een korte brief aan mijn huisbaas over de kapotte verwarming.",
        "Geachte heer De Vries,\n\nSinds maandag werkt de verwarming in mijn woning niet meer. Het is binnen nog maar veertien graden. Ik verzoek u de verwarming voor vrijdag te laten repareren.\n\nMet vriendelijke groet,\nAnna Bakker",
        Clean,
    ),
    (
        "Descripción de producto",
        "Escribe una descripción de 40 palabras para una mochila impermeable de senderismo.",
        "Esta mochila impermeable de senderismo de 30 litros protege tu equipo de la lluvia con costuras selladas y una cubierta plegable. El respaldo ventilado y las correas acolchadas reparten el peso, y sus cinco bolsillos mantienen el agua y el mapa siempre a mano.",
        Clean,
    ),
    (
        "写一段简介",
        "用中文写一段关于杭州西湖的简介。",
        "西湖位于浙江省杭州市西部,三面环山,湖面面积约六平方公里。苏堤和白堤把湖面分成几部分,断桥残雪、三潭印月都是著名的景点。2011年,西湖被列入世界遗产名录。",
        Clean,
    ),
    (
        "Résumé d'article",
        "Résume en deux phrases : la ville de Lyon a ouvert une nouvelle ligne de tramway de douze kilomètres qui relie la gare à l'aéroport.",
        "Lyon dispose d'une nouvelle ligne de tramway de douze kilomètres. Elle relie la gare de la ville à l'aéroport.",
        Clean,
    ),
    // Research.
    (
        "Compare two databases",
        "Compare SQLite and PostgreSQL for a small web shop. Explain when to move from one to the other.",
        "SQLite keeps the whole shop in one file and needs no server, which suits a site with one host and a few writes a second. PostgreSQL takes many writers at once and can be replicated. Move when a second host has to write, when backups must not pause sales, or when reports slow the checkout down.",
        Clean,
    ),
    (
        "Compare two databases",
        "Compare SQLite and PostgreSQL for a small web shop. Explain when to move from one to the other.",
        "Photosynthesis turns light into sugar. The leaves of plants hold chlorophyll, which takes in red and blue light and reflects green. Water rises from the roots, carbon dioxide enters through the stomata, and oxygen leaves the same way. The sugar feeds the growth of stem, root and fruit throughout the year.",
        Rejected,
    ),
    // What is no work at all.
    ("Logo brief", "Write a creative brief for the logo of a tea house named Lu.", "", Rejected),
    ("Logo brief", "Write a creative brief for the logo of a tea house named Lu.", "   \n\n\t ", Rejected),
    (
        "Logo brief",
        "Write a creative brief for the logo of a tea house named Lu.",
        "asdf jkl qwrtp sdfgh zxcvb mnbvc lkjhg",
        Rejected,
    ),
    ("Logo brief", "Write a creative brief for the logo of a tea house named Lu.", "........", Rejected),
    (
        "Product text",
        "Write a description of our new garden chair made of ash wood.",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.",
        Rejected,
    ),
    (
        "Product text",
        "Write a description of our new garden chair made of ash wood.",
        "TODO: write the description of the garden chair here",
        Rejected,
    ),
    (
        "Product text",
        "Write a description of our new garden chair made of ash wood.",
        "I'm sorry, but I can't help with writing product descriptions.",
        Rejected,
    ),
    (
        "Product text",
        "Write a description of our new garden chair made of ash wood.",
        "The task is complete. All requirements are met with excellent quality. Please review and approve. Thank you for your trust!",
        Rejected,
    ),
    // A letter of refusal is no refusal.
    (
        "Decline an invitation",
        "Write a short letter to decline a wedding invitation politely.",
        "Dear Eva and Tom,\n\nI am sorry, but I cannot come to your wedding in June: I will be at sea until the end of the month. I wish you a day full of light and a long life together.\n\nYours,\nMarta",
        Clean,
    ),
];

fn missing(card: &Scorecard) -> String {
    let short = card.dimensions.iter().filter(|dimension| dimension.score < 10_000);
    let lines: Vec<String> = short
        .map(|dimension| format!("    {} {} {}", dimension.name, dimension.score, dimension.note))
        .collect();
    lines.join("\n")
}

#[test]
fn each_walk_falls_in_its_band() {
    let mut wrong = Vec::new();
    for (title, description, content, wanted) in WALKS {
        let task = Task { title, description, criteria: &[] };
        let card = score(task, Delivery { content, files: 0 }, None);
        let found = band(card.score);
        let shown: String = content.chars().take(50).collect();
        println!("{:>5} {found:?}  {title}: {shown:?}  {}", card.score, card.notes);
        if found != *wanted && !(*wanted == Passes && found != Rejected) {
            wrong.push(format!(
                "{title}: {shown:?} is {found:?} ({}), wanted {wanted:?}:\n{}",
                card.score,
                missing(&card)
            ));
        }
        if found == Rejected {
            assert_ne!(card.notes, "Nothing is missing.", "{title}: a rejected worker is told why");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn criteria_move_the_score_but_do_not_decide_it() {
    let task = Task { title: "Capital", description: "What is the capital of Australia?", criteria: &[] };
    let delivery = Delivery { content: "Canberra", files: 0 };
    let with = |met, total| score(task, delivery, Some(Criteria { met, total })).score;
    assert_eq!(with(2, 2), with(0, 0));
    assert!(with(1, 2) > with(0, 2));
    assert_eq!(band(with(0, 2)), Band::Warning);
    assert_eq!(with(0, 0), score(task, delivery, None).score);
}

#[test]
fn criteria_in_words_are_part_of_the_task() {
    let task =
        Task { title: "Prices", description: "List the prices of the menu.", criteria: &["Valid JSON"] };
    let of = |content| score(task, Delivery { content, files: 0 }, None).score;
    assert!(of("{\"soup\": 4.5, \"tea\": 2}") > 6_500);
    assert!(of("The soup costs 4.50 and the tea 2 on the menu.") < 4_000);
}

#[test]
fn files_stand_for_content() {
    let task = Task {
        title: "Logo",
        description: "Draw a logo of a tea house and write an essay about it.",
        criteria: &[],
    };
    assert!(score(task, Delivery { content: "", files: 1 }, None).score > 6_500);
    assert!(
        score(task, Delivery { content: "See the attached logo and essay.", files: 2 }, None).score > 4_000
    );
    assert!(
        score(task, Delivery { content: "See the attached logo and essay.", files: 0 }, None).score < 4_000
    );
}

//! The word lists themselves. Lower case, parted by blanks; order does not matter.

/// By language, then by class: articles, prepositions, conjunctions,
/// auxiliaries, subjects, others.
pub const GRAMMAR: [[&str; 6]; 7] = [ENGLISH, FRENCH, SPANISH, GERMAN, ITALIAN, PORTUGUESE, DUTCH];

const ENGLISH: [&str; 6] = [
    "the a an my your our their its every each",
    "of in on at by for with from to into about over under between through during without within \
     against among upon toward towards across behind beyond beside despite onto per via near until",
    "and or but nor if because although though unless whereas while when since than whether",
    "is are was were am be been being has have had does did will would can could should may might must \
     shall cannot",
    "i he she we they",
    "it you this that these those his her him them us me who whom which what where why how there here \
     not no so as do too very also just only then more most less least many much some any all both few \
     such other another one own same up out off down again ever never always often even still yet \
     yours mine ours theirs myself yourself himself herself itself ourselves themselves let s t m re ve ll d \
     don doesn didn isn aren wasn weren won wouldn couldn shouldn",
];

const FRENCH: [&str; 6] = [
    "le la les l un une des du au aux mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces",
    "de d à en dans par pour sur avec sans sous chez vers entre depuis pendant contre dès malgré",
    "et ou mais donc car ni que qu quand lorsque comme si parce puisque",
    "est sont était étaient sera seront être été suis es sommes êtes a ont avait avaient aura ai avons avez \
     peut peuvent doit doivent",
    "je j il elle ils elles on nous vous tu",
    "ne n pas plus se s me m te lui y qui dont où tout tous toute toutes très aussi bien même cela ça c",
];

const SPANISH: [&str; 6] = [
    "el la los las un una unos unas del al mi mis tu tus su sus nuestro nuestra nuestros nuestras cada",
    "de en a con por para sin sobre entre hasta desde hacia contra según durante tras",
    "y e o u pero sino que si porque cuando aunque como mientras",
    "es son era eran fue fueron será serán ser sido soy está están estaba ha han había puede pueden debe deben hay",
    "yo él ella nosotros ellos ellas usted ustedes tú",
    "no se me te le les lo nos muy más ya también este esta estos estas ese esa eso esto qué cómo todo todos \
     toda todas donde quien cual",
];

const GERMAN: [&str; 6] = [
    "der die das den dem des ein eine einen einem einer eines im zum zur beim vom ins am mein meine meinen \
     dein deine sein seine seinen seiner ihr ihre ihren ihrem ihrer unser unsere unseren jede jeder jedes diese \
     dieser dieses diesen diesem",
    "in mit von für auf an bei nach aus zu durch um über unter vor ohne gegen zwischen während wegen seit bis",
    "und oder aber denn sondern dass weil wenn als ob obwohl damit sowie",
    "ist sind war waren wird werden wurde wurden hat haben hatte hatten kann können muss müssen soll sollen \
     bin bist sei darf dürfen möchte",
    "ich er wir du man",
    "sie es nicht kein keine keinen auch noch nur sehr so wie mehr was wer wo hier da dann schon mich mir dir \
     dich uns euch ihm ihn ihnen sich",
];

const ITALIAN: [&str; 6] = [
    "il lo la i gli le l un uno una del dello della dei degli delle al allo alla ai agli alle nel nella nei nelle \
     dal dalla sul sulla suo sua suoi sue mio mia ogni",
    "di a da in con su per tra fra senza verso contro durante",
    "e ed o ma però perché che se quando anche come mentre",
    "è sono era erano sarà essere stato ho ha hanno aveva può possono deve devono",
    "io lui lei noi loro tu",
    "non si mi ti ci vi più molto questo questa questi queste quello quella cosa chi dove tutto tutti",
];

const PORTUGUESE: [&str; 6] = [
    "o a os as um uma uns umas do da dos das no na nos nas ao à aos às pelo pela seu sua seus suas meu minha \
     nosso nossa cada",
    "de em com por para sem sobre entre até desde contra durante",
    "e ou mas que se porque quando embora como enquanto",
    "é são era eram foi foram será ser sido estou está estão tem têm tinha pode podem deve devem há",
    "eu ele ela nós eles elas você vocês",
    "não me te lhe muito mais já também este esta isso isto esse essa qual quem onde todo todos toda todas",
];

const DUTCH: [&str; 6] = [
    "de het een mijn jouw zijn haar ons onze hun elke",
    "van in op met voor aan uit bij naar door over onder tegen tussen zonder tijdens om tot",
    "en of maar want dat omdat als wanneer hoewel terwijl",
    "is was waren wordt worden werd heeft hebben had kan kunnen moet moeten zal zullen ben bent",
    "ik hij wij jij ze we je",
    "er niet geen ook nog al wel dan deze dit die zo meer zeer wat wie waar te hem",
];

/// Words of tasks that say how the answer should look.
pub const FORM: &str = "write writing written wrote response respond answer reply word sentence paragraph letter \
    capital capitalize lowercase uppercase case list listing item bullet point markdown format section title \
    heading header highlight include contain mention use keyword phrase exact least following example represent \
    placeholder bracket square double angular quotation mark quote wrap entire whole comma punctuation asterisk \
    symbol separate divider end start begin finish first second third last repeat request change language english \
    allow please make sure provide give create generate draft compose produce short long brief detailed detail \
    style tone text content output appear time number different two three four five six seven eight nine ten \
    avoid refrain without explain describe summarize summary summarise rewrite version task deliver delivery \
    delivered put add postscript plain column row field key value valid file json csv html xml yaml table page \
    like such need want should must only all each every both character line between above below instruction \
    prompt criteria requirement result essay article story tale poem haiku limerick riddle joke song rap lyric \
    sonnet blog post email mail tweet speech report guide tutorial proposal review critique pitch template \
    itinerary resume advertisement ad description outline quiz italic italicize bold syntax symbols text reader \
    audience sure funny weird perspective recommendation vowel consonant template";

/// Everyday vocabulary, by no means only of one subject.
pub const COMMON: &str = "people time year way day man men woman women thing life child children world school state \
    family student group country problem hand part place case week company system program work question government \
    night home water room mother area money story fact month lot right study book eye job business issue side kind \
    head house service friend father power hour game member law car city community name team minute idea kid body \
    information parent face level office door health person art history party reason research girl boy guy moment \
    air teacher force education say said get go going know take see come came think thought look find found tell \
    ask seem feel felt try leave call become mean keep let help talk turn show hear play run move live believe hold \
    bring happen sit stand lose pay meet continue set learn lead understand watch follow stop speak read spend grow \
    open walk win offer remember love consider buy wait serve die send expect build stay fall cut reach remain \
    suggest raise pass sell require decide pull good new great little old big high small large next early young \
    important public bad able best better easy hard free true full special clear real certain possible able simple \
    today tomorrow yesterday now always never maybe perhaps however therefore example experience feature benefit \
    provide support plan process product project quality make made take taken sure way well much many more most \
    design develop improve increase reduce share send receive check choose enjoy perfect amazing beautiful fun funny \
    happy sad strong light dark deep fine nice common general specific various several different strange \
    long short just also even still back away around together another along hope dream heart mind soul skill \
    personal professional local social natural human modern current final full total main major key order line \
    need want like use give user customer value level type form number detail person individual job role \
    opportunity challenge goal success future past present fast quick slow new start end begin";

/// The printers' dummy text, without what is also an everyday word somewhere.
pub const LOREM: &str = "lorem ipsum dolor amet consectetur consectetuer adipiscing elit eiusmod tempor incididunt \
    labore dolore magna aliqua minim veniam quis nostrud exercitation ullamco laboris nisi aliquip commodo \
    consequat duis aute irure reprehenderit voluptate velit cillum fugiat nulla pariatur excepteur sint occaecat \
    cupidatat proident sunt culpa officia deserunt mollit laborum vestibulum pellentesque vivamus curabitur \
    phasellus donec mauris aenean nullam suspendisse";

/// Words of deliveries that promise instead of doing.
pub const VAGUE: &str = "thing stuff various quality perfect excellent professional requirement required complete \
    completed done finish finished task deliver delivered delivery attached attachment requested request \
    satisfied satisfaction review approve payment hire great nice good best amazing awesome etc whatever \
    something anything everything somehow really very soon ready check feedback client guarantee work hard";

/// Words that a dot follows inside a sentence.
pub const ABBREVIATIONS: &str = "mr mrs ms dr prof st jr sr vs etc eg ie no nos inc ltd co corp dept est fig approx \
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun p pp vol ed eds al ca cf mme mlle sra";

/// The first words of notes like "to be added" and "your text here".
pub const TO_DO: &str = "todo fixme tbd coming to your text content placeholder insert work add";
